/**
 * Counts messages in and out by topic, QoS and type, for metrics and reports. On a message's way this is a look-up and three
 * additions; everything else happens when somebody takes the counts.
 */
import type { QoS } from '../store/contract';
import { subTopicOf, type TopicName } from './names';

/** Messages, payload bytes and weight (E4). */
export const FIELDS = 3;
/** By side (those who publish, those who receive) and QoS. */
export const SLOTS = 6;
export const PRODUCER = 0;
export const CONSUMER = 3;

/** `FIELDS` for each of the `SLOTS`. */
export type Counts = Float64Array;

export interface Cell {
  /** Parent topic. */
  readonly log: string;
  /** Below the parent topic; null: all those without a name of their own. */
  readonly subTopic: string | null;
  readonly p2p: boolean;
  readonly counts: Counts;
}

/** Which topics are counted under their own name. */
export interface Naming {
  readonly names: ReadonlyMap<string, TopicName>;
  /** Put forward, and not settled yet. */
  isWaiting(topic: string): boolean;
  hasRoom(log: string): boolean;
  propose(topic: string, name: TopicName): boolean;
  use(topic: string): void;
}

/** Longer ones, which only P2P and open admission allow, are counted among the rest. */
const LONGEST_NAME = 128;

export class UsageMeter {
  /** By whole topic: those that have a name, and those that were put forward for one. */
  private readonly named = new Map<string, Cell>();
  /** By parent topic: what has no name, and P2P, whose topics are clients. */
  private readonly rest = new Map<string, Cell>();
  private readonly p2p = new Map<string, Cell>();
  /** What was taken, by parent topic. */
  private readonly taken = new Map<string, Counts>();

  /** `enabled` false counts nothing: to measure what counting costs. */
  constructor(private readonly naming: Naming, private readonly isP2p: (topic: string) => boolean, private readonly enabled = true) {}

  received(log: string, topic: string, payloadBytes: number, qos: QoS, weight: number): void {
    if (this.enabled) this.count(PRODUCER + qos, log, topic, payloadBytes, weight);
  }

  sent(log: string, topic: string, payloadBytes: number, qos: QoS, weight: number): void {
    if (this.enabled) this.count(CONSUMER + qos, log, topic, payloadBytes, weight);
  }

  /** What was counted since the last call, but for topics that wait for a name. */
  take(): Cell[] {
    const found: Cell[] = [];
    for (const [topic, cell] of this.named) {
      if (isEmpty(cell.counts) || !this.naming.names.has(topic)) continue;
      this.naming.use(topic);
      found.push(this.takeCell(cell));
    }
    for (const cell of [...this.rest.values(), ...this.p2p.values()]) if (!isEmpty(cell.counts)) found.push(this.takeCell(cell));
    return found;
  }

  /** Names were given or taken away: what has none is counted among the rest from now on. */
  renamed(): void {
    for (const [topic, cell] of this.named) {
      if (this.naming.names.has(topic) || this.naming.isWaiting(topic)) continue;
      this.named.delete(topic);
      add(cellOf(this.rest, cell.log, false).counts, cell.counts);
    }
    for (const [topic, { log, subTopic }] of this.naming.names) if (!this.named.has(topic)) this.named.set(topic, newCell(log, subTopic, false));
  }

  /** Parent topics that there are: they are told from the start on, and others no more. */
  keep(logs: readonly string[]): void {
    for (const log of this.enabled ? logs : []) countsOf(this.taken, log);
    for (const log of this.taken.keys()) if (!logs.includes(log)) this.taken.delete(log);
    for (const cells of [this.rest, this.p2p]) for (const [log, { counts }] of cells) if (!logs.includes(log) && isEmpty(counts)) cells.delete(log);
  }

  /** Since the start, by parent topic. */
  totals(): Map<string, Counts> {
    const all = new Map([...this.taken].map(([log, counts]) => [log, counts.slice()]));
    for (const cells of [this.named, this.rest, this.p2p]) for (const { log, counts } of cells.values()) if (!isEmpty(counts)) add(countsOf(all, log), counts);
    return all;
  }

  private count(slot: number, log: string, topic: string, payloadBytes: number, weight: number): void {
    const { counts } = this.named.get(topic) ?? this.unnamed(log, topic);
    const at = slot * FIELDS;
    counts[at]!++;
    counts[at + 1]! += payloadBytes;
    counts[at + 2]! += weight;
  }

  private unnamed(log: string, topic: string): Cell {
    if (this.isP2p(topic)) return cellOf(this.p2p, log, true);
    if (!this.naming.hasRoom(log) || topic.length > LONGEST_NAME) return cellOf(this.rest, log, false);
    const name = { log, subTopic: subTopicOf(log, topic) };
    if (!this.naming.propose(topic, name)) return cellOf(this.rest, log, false);
    const cell = newCell(log, name.subTopic, false);
    this.named.set(topic, cell);
    return cell;
  }

  private takeCell(cell: Cell): Cell {
    const counts = cell.counts.slice();
    add(countsOf(this.taken, cell.log), counts);
    cell.counts.fill(0);
    return { ...cell, counts };
  }
}

export function add(to: Counts, more: ArrayLike<number>): void {
  for (let i = 0; i < more.length; i++) to[i]! += more[i]!;
}

export function noCounts(): Counts {
  return new Float64Array(SLOTS * FIELDS);
}

function newCell(log: string, subTopic: string | null, p2p: boolean): Cell {
  return { log, subTopic, p2p, counts: noCounts() };
}

function cellOf(cells: Map<string, Cell>, log: string, p2p: boolean): Cell {
  let cell = cells.get(log);
  if (cell === undefined) cells.set(log, cell = newCell(log, null, p2p));
  return cell;
}

function countsOf(all: Map<string, Counts>, log: string): Counts {
  let counts = all.get(log);
  if (counts === undefined) all.set(log, counts = noCounts());
  return counts;
}

function isEmpty(counts: Counts): boolean {
  for (let at = 0; at < counts.length; at += FIELDS) if (counts[at] !== 0) return false;
  return true;
}
