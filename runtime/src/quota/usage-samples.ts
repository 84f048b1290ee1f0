/** E4, for reports: connections sampled every minute, subscriptions as the maximum of five minutes. */

export interface Sample {
  /** Begin of its minute or five minutes, in milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

/** Where samples go. In memory for now. */
export interface SampleSink {
  connections(sample: Sample): void;
  subscriptions(sample: Sample): void;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Keeps the last day. */
export class MemorySamples implements SampleSink {
  private readonly minutes: Sample[] = [];
  private readonly fiveMinutes: Sample[] = [];

  connections(sample: Sample): void {
    keep(this.minutes, sample, DAY_MS / MINUTE_MS);
  }

  subscriptions(sample: Sample): void {
    keep(this.fiveMinutes, sample, DAY_MS / (5 * MINUTE_MS));
  }

  read(): { readonly connections: readonly Sample[]; readonly subscriptions: readonly Sample[] } {
    return { connections: [...this.minutes], subscriptions: [...this.fiveMinutes] };
  }
}

function keep(samples: Sample[], sample: Sample, length: number): void {
  if (samples.push(sample) > length) samples.shift();
}

/** Told of the live counts often; makes the samples of them. */
export class Sampler {
  private minute: number | null = null;
  private five: { at: number; value: number } | null = null;

  constructor(private readonly sink: SampleSink) {}

  observe(now: number, connections: number, subscriptions: number): void {
    const minute = now - (now % MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.sink.connections({ at: minute, value: connections });
    }
    const five = now - (now % (5 * MINUTE_MS));
    if (this.five !== null && this.five.at === five) {
      this.five.value = Math.max(this.five.value, subscriptions);
      return;
    }
    if (this.five !== null) this.sink.subscriptions(this.five);
    this.five = { at: five, value: subscriptions };
  }
}
