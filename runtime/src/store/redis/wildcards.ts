import { FilterTrie } from '../../topics/trie';

const NONE = Buffer.alloc(0);

/**
 * The gateway's copy of the wildcard filters that are indexed, with the epoch it stands at. It may lag: the append script
 * knows what changed since, and answers with it.
 */
export class Wildcards {
  private tries = new Map<string, FilterTrie<number>>();
  /** -1: not loaded. */
  private current = -1;

  get epoch(): number {
    return this.current;
  }

  /** After a lost connection another server, with another history, may answer. */
  forget(): void {
    this.current = -1;
    this.tries = new Map();
  }

  /** Reply of `read-wildcards.lua`. */
  load(reply: readonly unknown[]): void {
    this.forget();
    for (let i = 1; i < reply.length; i += 2) {
      const id = Number.parseInt(String(reply[i + 1]), 10);
      this.add(String(reply[i]), id);
    }
    this.current = Number(String(reply[0]));
  }

  /** The delta that an append answered: `+<id> <log>:<filter>` or `-…`. */
  apply(epoch: number, delta: readonly unknown[]): void {
    for (const entry of delta) {
      const text = String(entry);
      const space = text.indexOf(' ');
      const id = Number(text.slice(1, space));
      const field = text.slice(space + 1);
      if (text.startsWith('+')) {
        this.add(field, id);
      } else {
        const { log, filter } = split(field);
        this.tries.get(log)?.remove(filter, id);
      }
    }
    this.current = epoch;
  }

  /** Ids of the filters that match, as the append frame wants them. */
  match(log: string, topic: string): Buffer {
    const trie = this.tries.get(log);
    if (trie === undefined || trie.size === 0) return NONE;
    const ids: number[] = [];
    trie.match(topic, (id) => ids.push(id));
    if (ids.length === 0) return NONE;
    const packed = Buffer.allocUnsafe(ids.length * 4);
    ids.forEach((id, i) => packed.writeUInt32BE(id, i * 4));
    return packed;
  }

  private add(field: string, id: number): void {
    const { log, filter } = split(field);
    let trie = this.tries.get(log);
    if (trie === undefined) this.tries.set(log, (trie = new FilterTrie()));
    trie.add(filter, id);
  }
}

/** The name of a log holds no colon. */
function split(field: string): { log: string; filter: string } {
  const colon = field.indexOf(':');
  return { log: field.slice(0, colon), filter: field.slice(colon + 1) };
}
