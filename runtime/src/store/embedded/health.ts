import type { Availability } from '../contract';

const PROBE_MILLISECONDS = 1000;

/** Whether the store can be used; while it cannot, tries it once a second, because nobody else will. */
export class Health {
  private readonly listeners = new Set<(availability: Availability) => void>();
  private state: Availability = { available: false, reason: 'the store is not open' };
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly probe: () => Promise<void>) {}

  get availability(): Availability {
    return this.state;
  }

  subscribe(listener: (availability: Availability) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  up(): void {
    this.stop();
    this.set({ available: true });
  }

  /** A step failed for a reason that may go away. */
  down(reason: string): void {
    this.set({ available: false, reason });
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.probe().then(() => this.up(), () => this.down(reason));
    }, PROBE_MILLISECONDS).unref();
  }

  closed(): void {
    this.stop();
    this.set({ available: false, reason: 'the store is closed' });
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private set(availability: Availability): void {
    const changed = availability.available !== this.state.available;
    this.state = availability;
    if (changed) for (const listener of this.listeners) listener(availability);
  }
}
