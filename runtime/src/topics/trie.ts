interface Node<T> {
  children: Map<string, Node<T>> | null;
  values: Set<T> | null;
}

/** Publishers use the same topics again and again: what matched is remembered for as many as this, within these bounds. */
const REMEMBERED_TOPICS = 8_192;
const REMEMBERED_HOLDERS = 32;
const REMEMBERED_TOPIC_LENGTH = 256;
/** Where topics seldom come twice, remembering costs more than it saves: it is tried again after so many matches. */
const PAUSE_MATCHES = 64 * REMEMBERED_TOPICS;

/**
 * Filters with their holders, matched by topic level. Holds wildcard filters well; exact filters belong in a Map, which is
 * both smaller and faster. `$`-topics are not matched by a leading wildcard [MQTT-4.7.2-1].
 */
export class FilterTrie<T> {
  private readonly root: Node<T> = { children: null, values: null };
  private held = 0;
  /** Matches by topic, since the last change. */
  private readonly remembered = new Map<string, readonly T[]>();
  /** Of what is remembered. */
  private hits = 0;
  /** Matches before anything is remembered again. */
  private pause = 0;

  /** Pairs of (filter, value). */
  get size(): number {
    return this.held;
  }

  add(filter: string, value: T): void {
    let node = this.root;
    for (const level of filter.split('/')) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = { children: null, values: null }));
      node = child;
    }
    node.values ??= new Set();
    if (!node.values.has(value)) {
      node.values.add(value);
      this.held++;
      this.remembered.clear();
    }
  }

  remove(filter: string, value: T): boolean {
    const path: { parent: Node<T>; level: string }[] = [];
    let node = this.root;
    for (const level of filter.split('/')) {
      const child = node.children?.get(level);
      if (child === undefined) return false;
      path.push({ parent: node, level });
      node = child;
    }
    if (!node.values?.delete(value)) return false;
    this.held--;
    this.remembered.clear();
    if (node.values.size === 0) node.values = null;
    for (let i = path.length - 1; i >= 0; i--) {
      const { parent, level } = path[i]!;
      const child = parent.children!.get(level)!;
      if (child.values !== null || child.children !== null) break;
      parent.children!.delete(level);
      if (parent.children!.size === 0) parent.children = null;
    }
    return true;
  }

  /** Calls `visit` for each holder of each matching filter; a holder of several matching filters is visited once for each. */
  match(topic: string, visit: (value: T) => void): void {
    const known = this.remembered.get(topic);
    if (known !== undefined) {
      this.hits++;
      for (const value of known) visit(value);
    } else if (this.pause > 0) {
      this.pause--;
      this.walk(this.root, topic.split('/'), 0, topic.startsWith('$'), visit);
    } else for (const value of this.find(topic)) visit(value);
  }

  private find(topic: string): readonly T[] {
    const found: T[] = [];
    this.walk(this.root, topic.split('/'), 0, topic.startsWith('$'), (value) => found.push(value));
    if (found.length <= REMEMBERED_HOLDERS && topic.length <= REMEMBERED_TOPIC_LENGTH) {
      if (this.remembered.size >= REMEMBERED_TOPICS) this.startAnew();
      this.remembered.set(topic, found);
    }
    return found;
  }

  private startAnew(): void {
    if (this.hits < REMEMBERED_TOPICS) this.pause = PAUSE_MATCHES;
    this.hits = 0;
    this.remembered.clear();
  }

  private walk(node: Node<T>, levels: readonly string[], depth: number, noWildcard: boolean, visit: (value: T) => void): void {
    const children = node.children;
    if (depth === levels.length) {
      node.values?.forEach(visit);
      children?.get('#')?.values?.forEach(visit); // `a/#` matches `a` [4.7.1.2]
      return;
    }
    if (children === null) return;
    const exact = children.get(levels[depth]!);
    if (exact !== undefined) this.walk(exact, levels, depth + 1, false, visit);
    if (noWildcard) return;
    const plus = children.get('+');
    if (plus !== undefined && levels[depth] !== '+') this.walk(plus, levels, depth + 1, false, visit);
    children.get('#')?.values?.forEach(visit);
  }
}
