import { randomUUID } from 'node:crypto';
import { RecentBatches } from '../shared/recent';
import type { Connection } from './connection';
import { scripts } from './scripts';
import type { RedisTail } from './tail';

const LEASE_MS = 10_000;
const RENEW_MS = 3_000;

/**
 * The tails of this process. What the process stores itself is kept in memory and given to them from there; what others
 * store they learn by the stream `wake`, into which append steps write as long as somebody else has a lease.
 */
export class Followers {
  readonly recent = new RecentBatches();
  private readonly id = randomUUID();
  private readonly tails = new Set<RedisTail>();
  private renewedAt = -Infinity;
  private ringing = false;

  constructor(private readonly connection: Connection, private readonly prefix: string) {
    connection.onAvailability(({ available }) => {
      if (available) return;
      this.recent.clear();
      // The store may come back without the lease.
      this.renewedAt = -Infinity;
    });
  }

  /** What the append step calls this process; empty: it has no tail. */
  get name(): string {
    return this.tails.size > 0 ? this.id : '';
  }

  /** Before the tail looks where the store is, so that nothing falls between the look and the first wake. */
  async add(tail: RedisTail): Promise<void> {
    this.tails.add(tail);
    await this.renew();
  }

  async remove(tail: RedisTail): Promise<void> {
    if (!this.tails.delete(tail) || this.tails.size > 0) return;
    this.recent.clear();
    this.renewedAt = -Infinity;
    await this.lease(0).catch(() => undefined); // it runs out by itself
  }

  /** Called by the tails all the time; asks the store now and then. */
  async renew(): Promise<void> {
    const now = performance.now();
    if (now - this.renewedAt < RENEW_MS || this.tails.size === 0) return;
    this.renewedAt = now;
    try {
      await this.lease(LEASE_MS);
    } catch {
      this.renewedAt = -Infinity; // the store is away, or full: tails look by themselves meanwhile
    }
  }

  /** This process has stored a batch. Tails follow when its callers have gone on: the next batch is worth more than they are. */
  ring(): void {
    if (this.ringing) return;
    this.ringing = true;
    setImmediate(() => {
      this.ringing = false;
      let given = Infinity;
      for (const tail of this.tails) {
        tail.ring();
        given = Math.min(given, tail.position);
      }
      this.recent.forget(given);
    });
  }

  closeAll(): Promise<unknown> {
    return Promise.all([...this.tails].map((tail) => tail.close()));
  }

  private async lease(milliseconds: number): Promise<void> {
    await this.connection.script(scripts.tailLease, this.prefix, this.id, milliseconds);
  }
}
