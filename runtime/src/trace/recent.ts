/** Answers that cost much to make, kept for a moment: several pages that follow the same thing make one. */

export class Recent<K, V> {
  private readonly kept = new Map<K, Promise<V>>();

  /** Beyond `most` the oldest is made anew earlier. */
  constructor(private readonly forMs: number, private readonly most: number) {}

  get(key: K, make: () => Promise<V>): Promise<V> {
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.kept.set(key, made);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
    const forget = (): void => {
      if (this.kept.get(key) === made) this.kept.delete(key);
    };
    made.then(() => setTimeout(forget, this.forMs).unref(), forget);
    return made;
  }
}
