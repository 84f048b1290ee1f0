/** Requests that one AccessKey, or console user, may send. The store counts them over all gateways; a bucket here keeps a flood from the store. */
import type { Rate } from '../store/contract';
import { takeRate } from '../store/shared/rate';

export const API_RATE: Rate = { perSecond: 50, burst: 100 };
/** Keys that asked within the last seconds; a key whose rate is unused again needs no entry. */
const SWEEP_AT = 1_000;

export class RateLimit {
  private readonly unusedAt = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Seconds to wait; 0: the request may pass, and is counted. */
  take(key: string): number {
    const now = this.now();
    if (this.unusedAt.size >= SWEEP_AT) this.sweep(now);
    const { unusedAt, wait } = takeRate(this.unusedAt.get(key) ?? 0, now, API_RATE);
    this.unusedAt.set(key, unusedAt);
    return Math.ceil(wait / 1_000);
  }

  private sweep(now: number): void {
    for (const [key, unusedAt] of this.unusedAt) if (unusedAt <= now) this.unusedAt.delete(key);
  }
}
