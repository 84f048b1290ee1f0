import { hasWildcard } from '../../topics/match';

/** Wildcard filters that sessions hold, a log, whatever their QoS (L4). */
export class WildcardCount {
  private readonly holders = new Map<string, Map<string, number>>();

  /** One more holder. False: a further filter of this log would pass the bound. */
  add(log: string, filter: string, bound = Infinity): boolean {
    if (!hasWildcard(filter)) return true;
    const filters = this.holders.get(log) ?? new Map<string, number>();
    const count = filters.get(filter) ?? 0;
    if (count === 0 && filters.size >= bound) return false;
    this.holders.set(log, filters.set(filter, count + 1));
    return true;
  }

  /** One holder less. */
  remove(log: string, filter: string): void {
    const filters = this.holders.get(log);
    const count = filters?.get(filter);
    if (filters === undefined || count === undefined) return;
    if (count > 1) filters.set(filter, count - 1);
    else filters.delete(filter);
    if (filters.size === 0) this.holders.delete(log);
  }
}
