import type { Traffic, WaitingPublisher } from './traffic';

interface Held {
  readonly weight: number;
  readonly pass: () => void;
}

/**
 * PUBLISH packets of one client above the ceiling, in their order. The protocol engine reads no further before these have
 * passed, so what is held is at most what it got at once; then the connection's input queue fills, and then its socket is
 * not read any more (E5). Until then PINGREQ is still heard and answered, which a socket that is paused at once would not do.
 */
export class HeldPublishes implements WaitingPublisher {
  private items: Held[] = [];
  private head = 0;
  weightWaiting = 0;

  constructor(private readonly traffic: Traffic, private readonly client: { refreshKeepAlive(): void }) {}

  get empty(): boolean {
    return this.head === this.items.length;
  }

  /** A message that may not pass yet, or that stands behind one. */
  hold(weight: number, pass: () => void): void {
    this.items.push({ weight, pass });
    this.weightWaiting += weight;
    this.traffic.waitToPublish(this);
  }

  turn(): void {
    for (; this.head < this.items.length; this.head++) {
      const { weight, pass } = this.items[this.head]!;
      if (!this.traffic.receive(weight)) {
        this.traffic.waitToPublish(this);
        return;
      }
      this.items[this.head] = undefined as never;
      this.weightWaiting -= weight;
      pass();
    }
    this.items = [];
    this.head = 0;
  }

  refreshKeepAlive(): void {
    this.client.refreshKeepAlive();
  }

  /** The connection is gone: nothing of this was acknowledged. Returns how many messages go. */
  drop(): number {
    const dropped = this.items.length - this.head;
    this.traffic.leave(this);
    this.items = [];
    this.head = 0;
    this.weightWaiting = 0;
    return dropped;
  }
}
