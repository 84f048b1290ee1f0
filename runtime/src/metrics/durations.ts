/** A histogram of durations as plain numbers, which a scrape reads. */
import type { Sample } from './family';

export class Durations {
  /** Of each bound, and of what is above the last. */
  readonly counts: number[];
  sum = 0;

  /** `bounds`: upper bounds in seconds, ascending. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(seconds: number): void {
    this.sum += seconds;
    let at = 0;
    while (at < this.bounds.length && seconds > this.bounds[at]!) at++;
    this.counts[at]!++;
  }

  /** As Prometheus wants them: each bucket with all below it. */
  samples(): Sample[] {
    let below = 0;
    const buckets = this.counts.map((count, at): Sample => [{ le: this.bounds[at] ?? '+Inf' }, below += count, '_bucket']);
    return [...buckets, [{}, this.sum, '_sum'], [{}, below, '_count']];
  }
}
