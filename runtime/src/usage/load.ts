/** E4, for reports: the connections of this gateway at the begin of each minute, and its subscriptions second by second. */
import { runsOf, type Runs } from './codec';
import { FIVE_MINUTES_MS, MINUTE_MS, SECOND_MS } from './records';

/** Of five minutes. Seconds are kept because the maximum is that of the sum over all gateways. */
export interface Load {
  /** By minute; null: it did not run yet. */
  readonly connections: readonly (number | null)[];
  readonly subscriptions: Runs;
}

interface Sampled { readonly at: number; readonly connections: (number | null)[]; readonly subscriptions: number[] }

const MINUTES = FIVE_MINUTES_MS / MINUTE_MS;

export class LoadSampler {
  private current: Sampled | null = null;
  private ended: Sampled[] = [];

  /** To be told about once a second. */
  observe(now: number, connections: number, subscriptions: number): void {
    const at = now - (now % FIVE_MINUTES_MS);
    if (this.current?.at !== at) {
      if (this.current !== null) this.ended.push(this.current);
      this.current = { at, connections: Array.from({ length: MINUTES }, () => null), subscriptions: [] };
    }
    const { connections: minutes, subscriptions: seconds } = this.current;
    minutes[Math.floor((now - at) / MINUTE_MS)] ??= connections;
    const second = Math.floor((now - at) / SECOND_MS);
    // what it did not see stood as before; before its start there was nothing
    const before = seconds.at(-1) ?? 0;
    while (seconds.length < second) seconds.push(before);
    seconds[second] = Math.max(subscriptions, seconds[second] ?? 0);
  }

  /** Everything since the last call that ended, and what is going on. */
  take(): { readonly at: number; readonly load: Load }[] {
    const all = [...this.ended.splice(0), ...(this.current === null ? [] : [this.current])];
    return all.map(({ at, connections, subscriptions }) => ({ at, load: { connections: [...connections], subscriptions: runsOf(subscriptions) } }));
  }
}
