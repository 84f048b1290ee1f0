import { covers } from '../topics/covers';
import { hasWildcard, levelsMatch } from '../topics/match';

/** Resources of a token, made ready once: each message asks. */
export class Resources {
  private readonly exact: ReadonlySet<string>;
  private readonly filters: readonly (readonly string[])[];

  constructor(private readonly all: readonly string[]) {
    this.exact = new Set(all);
    this.filters = all.filter(hasWildcard).map((filter) => filter.split('/'));
  }

  matches(topic: string): boolean {
    if (this.exact.has(topic)) return true;
    if (this.filters.length === 0) return false;
    const levels = topic.split('/');
    return this.filters.some((filter) => levelsMatch(filter, levels));
  }

  /** One of them has everything that the filter matches. */
  covers(filter: string): boolean {
    return this.all.some((resource) => covers(resource, filter));
  }
}
