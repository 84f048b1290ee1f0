import { hasWildcard } from '../../topics/match';
import { KIND, textKey, u32Bytes } from './keys';
import type { Table } from './table';

/** Wildcard filters that sessions hold, a log, whatever their QoS and session (L4). Every method runs inside a step. */
export class WildcardCount {
  constructor(private readonly state: Table) {}

  /** One more holder. False: a further filter of this log would pass the bound. */
  add(log: string, filter: string, bound = Infinity): boolean {
    if (!hasWildcard(filter)) return true;
    const key = textKey(KIND.wildcardHolders, log, filter);
    const holders = this.number(key);
    if (holders === 0) {
      const total = this.number(textKey(KIND.wildcardTotal, log));
      if (total >= bound) return false;
      this.put(textKey(KIND.wildcardTotal, log), total + 1);
    }
    this.put(key, holders + 1);
    return true;
  }

  /** One holder less. */
  remove(log: string, filter: string): void {
    if (!hasWildcard(filter)) return;
    const key = textKey(KIND.wildcardHolders, log, filter);
    const holders = this.number(key);
    if (holders === 0) return; // held since before filters were counted
    this.put(key, holders - 1);
    if (holders === 1) this.put(textKey(KIND.wildcardTotal, log), this.number(textKey(KIND.wildcardTotal, log)) - 1);
  }

  private number(key: Buffer): number {
    return this.state.get(key)?.readUInt32BE(0) ?? 0;
  }

  private put(key: Buffer, value: number): void {
    if (value > 0) this.state.put(key, u32Bytes(value));
    else this.state.remove(key);
  }
}
