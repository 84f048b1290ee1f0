/**
 * Which topics are reported under their own name: the first ones that are used, alike on every gateway because they stand in
 * one record of the store. So a sub topic is told by name over all gateways, or counted among the rest on all. A name that
 * nobody used for longer than reports reach back makes room for another one.
 */
import { HOUR_MS, KEPT_MS, type RecordStore } from './records';

const KIND = 'subtopics';
const ID = 'names';

/** Together with the number of parent topics (L4) what bounds a report, and its records in the store. */
export const NAMES_PER_TOPIC = 20;
export const NAMES_IN_ALL = 100;
/** Another gateway writes the same record now and then. */
const ATTEMPTS = 5;

export interface TopicName {
  readonly log: string;
  readonly subTopic: string;
}

/** The record: parent topic, sub topic, and the hour in which it was used last. */
type Stored = [log: string, subTopic: string, hour: number][];

interface Known extends TopicName { hour: number }

export class TopicNames {
  private known = new Map<string, Known>();
  private readonly candidates = new Map<string, TopicName>();
  /** Since the gateway told it last. */
  private readonly used = new Set<string>();
  private toldHour = 0;
  private room = NAMES_IN_ALL;
  private readonly roomOf = new Map<string, number>();

  constructor(private readonly store: RecordStore) {}

  /** Puts a topic forward for a name; false: there is no room. */
  propose(topic: string, name: TopicName): boolean {
    const room = this.roomOf.get(name.log) ?? NAMES_PER_TOPIC;
    if (room <= 0 || this.room <= 0) return false;
    this.roomOf.set(name.log, room - 1);
    this.room--;
    this.candidates.set(topic, name);
    return true;
  }

  isWaiting(topic: string): boolean {
    return this.candidates.has(topic);
  }

  hasRoom(log: string): boolean {
    return this.room > 0 && this.roomOf.get(log) !== 0;
  }

  use(topic: string): void {
    this.used.add(topic);
  }

  /** Every name in force, by topic. */
  get names(): ReadonlyMap<string, TopicName> {
    return this.known;
  }

  /** Gives names to the topics that were put forward, and learns of those that other gateways gave. */
  async settle(now: number): Promise<void> {
    const hour = Math.floor(now / HOUR_MS);
    const candidates = new Map(this.candidates);
    for (let attempt = 1; ; attempt++) {
      const [record] = await this.store.readRecords(KIND, [ID]);
      const before = record === undefined ? [] : JSON.parse(record.value) as Stored;
      const next = this.next(before, candidates, hour);
      const value = JSON.stringify(next);
      const stands = value === (record?.value ?? '[]')
        || await this.store.putRecord({ kind: KIND, id: ID, value, expectedVersion: record?.version ?? 0 }) !== null;
      if (!stands && attempt < ATTEMPTS) continue;
      return this.adopt(stands ? next : before, candidates, hour);
    }
  }

  private next(before: Stored, candidates: ReadonlyMap<string, TopicName>, hour: number): Stored {
    const oldest = hour - Math.ceil(KEPT_MS / HOUR_MS);
    const told = this.toldHour === hour;
    const next = before.filter(([, , last]) => last >= oldest)
      .map(([log, subTopic, last]): Stored[number] => [log, subTopic, !told && this.used.has(topicOf(log, subTopic)) ? hour : last]);
    const has = new Set(next.map(([log, subTopic]) => topicOf(log, subTopic)));
    for (const [topic, { log, subTopic }] of candidates) {
      if (has.has(topic) || next.length >= NAMES_IN_ALL || next.filter(([each]) => each === log).length >= NAMES_PER_TOPIC) continue;
      next.push([log, subTopic, hour]);
    }
    return next;
  }

  private adopt(names: Stored, settled: ReadonlyMap<string, TopicName>, hour: number): void {
    this.known = new Map(names.map(([log, subTopic, last]) => [topicOf(log, subTopic), { log, subTopic, hour: last }]));
    for (const topic of settled.keys()) this.candidates.delete(topic);
    if (this.toldHour !== hour) this.used.clear();
    this.toldHour = hour;
    this.room = NAMES_IN_ALL - this.known.size - this.candidates.size;
    this.roomOf.clear();
    for (const { log } of [...this.known.values(), ...this.candidates.values()]) this.roomOf.set(log, (this.roomOf.get(log) ?? NAMES_PER_TOPIC) - 1);
  }
}

/** Empty for the parent topic itself; the whole topic where the log is not its first level (open admission). */
export function subTopicOf(log: string, topic: string): string {
  if (!topic.startsWith(log)) return topic;
  if (topic.length === log.length) return '';
  return topic[log.length] === '/' ? topic.slice(log.length + 1) : topic;
}

function topicOf(log: string, subTopic: string): string {
  if (log.startsWith('$')) return subTopic;
  return subTopic === '' ? log : `${log}/${subTopic}`;
}
