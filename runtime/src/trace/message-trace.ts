/**
 * Which client was sent which message when, and when it acknowledged it. Taken within a budget a second, so that a message costs
 * its path a comparison at most; of what was not taken the minute is noted, and whoever asks is told that the trace has gaps.
 */
import type { EventLogger } from '../events';
import type { JournalBounds, JournalNote, MessageId, QoS, Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { JournalWriter } from './journal-writer';

export const MESSAGE_JOURNAL = 'message';
export const GAP_JOURNAL = 'message-gap';
export const MESSAGE_TRACE_SECONDS = 3 * 86_400;
/** Named value: from when on messages are traced, milliseconds since 1970. */
export const TRACED_SINCE = 'messages-traced-since';

export const MESSAGE_BOUNDS: JournalBounds = { perKey: 200, notes: 100_000, seconds: MESSAGE_TRACE_SECONDS };
const GAP_BOUNDS: JournalBounds = { perKey: 20, notes: 20_000, seconds: MESSAGE_TRACE_SECONDS };
const DELIVERIES_PER_SECOND = 200;
/** What a quiet time saves up, in seconds. */
const BURST_SECONDS = 10;
const INTERVAL_MS = 1_000;
const MINUTE_MICROSECONDS = 60_000_000;
const NOTED_MINUTES = 1_000;

/** A delivery that is traced. */
export interface TracedDelivery {
  readonly id: MessageId;
  readonly clientId: string;
  readonly address: string;
  readonly qos: QoS;
  readonly sentAt: number;
  acknowledgedAt: number | null;
  noted: boolean;
}

/** As it stands in the journal, under its Message ID. */
export type DeliveryNote = readonly [clientId: string, address: string, gatewayId: string, qos: QoS, sentAt: number, acknowledgedAt: number | null];

export interface MessageTraceOptions {
  readonly store: Store;
  readonly logger: EventLogger;
  readonly gatewayId: string;
}

/** Key in the gap journal: the minute of a message. */
export function minuteOf(id: MessageId): number {
  return Math.floor(id / MINUTE_MICROSECONDS);
}

export class MessageTrace {
  private budget = DELIVERIES_PER_SECOND * BURST_SECONDS;
  private news: TracedDelivery[] = [];
  private lastGap = -1;
  /** Minutes with a gap that is noted, or waits to be. */
  private readonly gaps = new Set<number>();
  private readonly deliveries: JournalWriter;
  private readonly gapWriter: JournalWriter;
  private timer: NodeJS.Timeout | null = null;
  /** Deliveries that were not traced since the start. */
  untraced = 0;

  constructor(private readonly options: MessageTraceOptions) {
    const { store, logger } = options;
    const lost = (notes: readonly JournalNote[]): void => notes.forEach(({ key }) => this.missed(minuteOf(Number(key))));
    // sent and acknowledged may be two notes
    this.deliveries = new JournalWriter({ store, logger, journal: MESSAGE_JOURNAL, bounds: MESSAGE_BOUNDS, perSecond: 2 * DELIVERIES_PER_SECOND, lost });
    this.gapWriter = new JournalWriter({ store, logger, journal: GAP_JOURNAL, bounds: GAP_BOUNDS, perSecond: NOTED_MINUTES });
  }

  start(): void {
    this.timer ??= setInterval(() => this.round(), INTERVAL_MS);
    this.timer.unref();
    this.deliveries.start();
    this.gapWriter.start();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.noteNews();
    await this.deliveries.stop();
    await this.gapWriter.stop();
  }

  /** A message leaves for a client. Null: this delivery is not traced. */
  sent(id: MessageId, clientId: string, address: string, qos: QoS): TracedDelivery | null {
    if (this.budget <= 0) {
      this.untraced++;
      const minute = minuteOf(id);
      if (minute !== this.lastGap) this.missed(minute);
      return null;
    }
    this.budget--;
    const delivery = { id, clientId, address, qos, sentAt: Date.now(), acknowledgedAt: null, noted: false };
    this.news.push(delivery);
    return delivery;
  }

  acknowledged(delivery: TracedDelivery): void {
    delivery.acknowledgedAt = Date.now();
    if (delivery.noted) this.news.push(delivery);
  }

  private missed(minute: number): void {
    this.lastGap = minute;
    if (this.gaps.has(minute)) return;
    if (this.gaps.size >= NOTED_MINUTES) this.gaps.clear(); // noted twice does no harm
    this.gaps.add(minute);
    this.gapWriter.note({ key: String(minute), at: Math.max(Date.now(), minute * 60_000), value: this.options.gatewayId });
  }

  private round(): void {
    this.budget = Math.min(this.budget + DELIVERIES_PER_SECOND, DELIVERIES_PER_SECOND * BURST_SECONDS);
    this.noteNews();
  }

  private noteNews(): void {
    const { gatewayId } = this.options;
    for (const delivery of this.news) {
      const { id, clientId, address, qos, sentAt, acknowledgedAt } = delivery;
      delivery.noted = true;
      const note: DeliveryNote = [clientId, address, gatewayId, qos, sentAt, acknowledgedAt];
      // under the time of the message, so that notes of older messages go first
      if (!this.deliveries.note({ key: String(id), at: acknowledgedAt ?? sentAt, value: JSON.stringify(note) })) this.missed(minuteOf(id));
    }
    this.news = [];
  }
}

/** Says once for the whole storage from when on messages are traced. */
export async function keepTracedSince(store: Store, logger: EventLogger): Promise<void> {
  try {
    await store.keepValue(TRACED_SINCE, String(Date.now()));
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) logger.warn({ error: (error as Error).message }, 'trace-failed');
  }
}
