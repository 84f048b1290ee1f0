import type { NetLimits } from '../limits';

/** Counts the connections that have not authenticated, in all and by address: anybody can open them. */
export class HalfOpenTable {
  private readonly byAddress = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: NetLimits) {}

  get size(): number {
    return this.total;
  }

  /** null: too many already. Otherwise the function to call, once or more, when it has authenticated or ended. */
  enter(address: string): (() => void) | null {
    const count = this.byAddress.get(address) ?? 0;
    if (count >= this.limits.halfOpenPerAddress || this.total >= this.limits.halfOpenTotal) return null;
    this.byAddress.set(address, count + 1);
    this.total++;
    let entered = true;
    return () => {
      if (!entered) return;
      entered = false;
      this.total--;
      const left = this.byAddress.get(address)! - 1;
      if (left === 0) this.byAddress.delete(address);
      else this.byAddress.set(address, left);
    };
  }
}
