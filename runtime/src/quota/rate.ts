/** Mean of a growing counter over the last seconds: smooth enough to compare with a ceiling that is "a second". */
const SECONDS = 5;

export class Rate {
  private readonly points: { readonly at: number; readonly total: number }[] = [];

  /** `now` in milliseconds; to be told about once a second. */
  observe(now: number, total: number): void {
    this.points.push({ at: now, total });
    while (this.points.length > 2 && this.points[1]!.at <= now - SECONDS * 1_000) this.points.shift();
  }

  get perSecond(): number {
    const first = this.points[0];
    const last = this.points[this.points.length - 1];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return ((last.total - first.total) * 1_000) / (last.at - first.at);
  }
}
