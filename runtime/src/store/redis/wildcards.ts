import type { QoS } from '../contract';
import { FilterTrie } from '../../topics/trie';
import { isShare, sharedFilter } from './share';

const NONE = Buffer.alloc(0);

/**
 * The gateway's copy of the wildcard filters that are indexed and of the shares, with the epoch it stands at. It may lag: the
 * append script knows what changed since, and answers with it.
 */
export class Wildcards {
  private tries: Tries = new Map();
  /** Apart, because a share takes QoS 0 too; its filter stands here without `$share/<name>/`. */
  private shares: Tries = new Map();
  /** -1: not loaded. */
  private current = -1;

  get epoch(): number {
    return this.current;
  }

  /** After a lost connection another server, with another history, may answer. */
  forget(): void {
    this.current = -1;
    this.tries = new Map();
    this.shares = new Map();
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
      if (text.startsWith('+')) this.add(field, id);
      else this.remove(field, id);
    }
    this.current = epoch;
  }

  /** Ids of what matches, as the append frame wants them. */
  match(log: string, topic: string, qos: QoS): Buffer {
    const shares = this.shares.get(log);
    const filters = qos === 0 ? undefined : this.tries.get(log);
    if (!shares?.size && !filters?.size) return NONE;
    const ids: number[] = [];
    const hit = (id: number) => ids.push(id);
    shares?.match(topic, hit);
    filters?.match(topic, hit);
    if (ids.length === 0) return NONE;
    const packed = Buffer.allocUnsafe(ids.length * 4);
    ids.forEach((id, i) => packed.writeUInt32BE(id, i * 4));
    return packed;
  }

  private add(field: string, id: number): void {
    const { tries, log, filter } = this.place(field);
    let trie = tries.get(log);
    if (trie === undefined) tries.set(log, (trie = new FilterTrie()));
    trie.add(filter, id);
  }

  private remove(field: string, id: number): void {
    const { tries, log, filter } = this.place(field);
    tries.get(log)?.remove(filter, id);
  }

  private place(field: string): { tries: Tries; log: string; filter: string } {
    const { log, filter } = split(field);
    return isShare(filter) ? { tries: this.shares, log, filter: sharedFilter(filter) } : { tries: this.tries, log, filter };
  }
}

type Tries = Map<string, FilterTrie<number>>;

/** The name of a log holds no colon. */
function split(field: string): { log: string; filter: string } {
  const colon = field.indexOf(':');
  return { log: field.slice(0, colon), filter: field.slice(colon + 1) };
}
