/** Why something is paused, each reason as often as it was given. Costs nothing while nothing is paused. */
export class PauseReasons {
  private counts: Map<string, number> | null = null;

  get any(): boolean {
    return this.counts !== null;
  }

  add(reason: string): void {
    this.counts ??= new Map();
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  remove(reason: string): void {
    const count = this.counts?.get(reason);
    if (count === undefined) return;
    if (count > 1) this.counts!.set(reason, count - 1);
    else this.counts!.delete(reason);
    if (this.counts!.size === 0) this.counts = null;
  }
}
