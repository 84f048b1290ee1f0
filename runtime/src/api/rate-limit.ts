/** Requests that one AccessKey, or console user, may send. The store counts them over all gateways; a bucket here keeps a flood from the store. */
import type { Rate } from '../store/contract';

export const API_RATE: Rate = { perSecond: 50, burst: 100 };
const { perSecond: REQUESTS_PER_SECOND, burst: BURST } = API_RATE;
/** Keys that asked within the last seconds; a key whose bucket is full again needs none. */
const SWEEP_AT = 1_000;

interface Bucket { tokens: number; at: number }

export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Seconds to wait; 0: the request may pass, and is counted. */
  take(key: string): number {
    const now = this.now();
    if (this.buckets.size >= SWEEP_AT) this.sweep(now);
    const bucket = this.buckets.get(key) ?? { tokens: BURST, at: now };
    this.buckets.set(key, bucket);
    bucket.tokens = refilled(bucket, now);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / REQUESTS_PER_SECOND));
    bucket.tokens -= 1;
    return 0;
  }

  private sweep(now: number): void {
    for (const [key, bucket] of this.buckets) if (refilled(bucket, now) >= BURST) this.buckets.delete(key);
  }
}

function refilled({ tokens, at }: Bucket, now: number): number {
  return Math.min(BURST, tokens + ((now - at) / 1_000) * REQUESTS_PER_SECOND);
}
