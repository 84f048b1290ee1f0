/** Reads the time series of all gateways, also of those that are gone, into one report. */
import { matches } from '../topics/match';
import { decodeCells, valuesOf } from './codec';
import type { Load } from './load';
import { CONSUMER, FIELDS, PRODUCER, type Cell } from './meter';
import { FIVE_MINUTES_MS, FLUSH_MS, HOUR_MS, KEPT_MS, LOAD_KIND, MINUTE_MS, MINUTES_KEPT_MS, recordId, SECOND_MS, USAGE_KIND, WRITERS_KIND, type RecordStore } from './records';

export interface Range {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export interface UsageFilter {
  readonly side: 'producer' | 'consumer';
  readonly topic?: string | undefined;
  /** As a filter. */
  readonly subTopic?: string | undefined;
  readonly qos?: 0 | 1 | 2 | undefined;
  readonly type?: 'normal' | 'p2p' | undefined;
}

export interface Usage { messages: number; bytes: number; weighted: number }

export interface UsageReport {
  readonly total: Usage;
  readonly points: { at: number; messages: number; bytes: number; tps: number }[];
  /** The most used first. */
  readonly topics: (Usage & { topic: string; subTopic: string | null })[];
}

const HOURS_3 = 3 * HOUR_MS;
const HOURS_12 = 12 * HOUR_MS;
/** What gateways take to write. */
const WRITING_MS = 2 * SECOND_MS;

/** Everything before it has been written by every gateway. */
export function writtenUntil(now: number): number {
  return now - WRITING_MS - ((now - WRITING_MS) % FLUSH_MS);
}

/**
 * The range that is answered for the one that is asked for: no younger than what was written, no older than what is kept, of
 * whole steps, and a step of what there is: minutes of the last three hours, five minutes else. Null: it holds nothing.
 */
export function rangeOf(asked: { readonly from?: number | undefined; readonly to?: number | undefined; readonly step?: number | undefined }, now: number, finest: 'minutes' | 'recent minutes'): Range | null {
  const end = writtenUntil(now);
  const to = Math.min(asked.to ?? end, end);
  const from = Math.max(asked.from ?? to - HOURS_3, now - KEPT_MS + FIVE_MINUTES_MS);
  if (from >= to) return null;
  const length = to - from;
  let step = asked.step ?? (length <= HOURS_3 ? MINUTE_MS : length <= HOURS_12 ? FIVE_MINUTES_MS : 2 * FIVE_MINUTES_MS);
  if (finest === 'recent minutes' && from - (from % step) < now - MINUTES_KEPT_MS) step = Math.ceil(step / FIVE_MINUTES_MS) * FIVE_MINUTES_MS;
  const begin = from - (from % step);
  return { from: begin, to: Math.min(end, Math.ceil(to / step) * step), step };
}

export async function usageReport(records: RecordStore, { from, to, step }: Range, filter: UsageFilter): Promise<UsageReport> {
  const slots = (filter.qos === undefined ? [0, 1, 2] : [filter.qos]).map((qos) => (filter.side === 'producer' ? PRODUCER : CONSUMER) + qos);
  const size = step % FIVE_MINUTES_MS === 0 ? FIVE_MINUTES_MS : MINUTE_MS;
  const total = nothing();
  const points = new Map(startsOf({ from, to, step }).map((at) => [at, nothing()]));
  const topics = new Map<string, Usage & { topic: string; subTopic: string | null }>();
  for (const { at, value } of await readSeries(records, USAGE_KIND, size, from, to)) {
    const point = points.get(at - (at % step))!;
    for (const cell of decodeCells(value)) {
      if (!passes(cell, filter)) continue;
      const key = `${cell.log}\n${JSON.stringify(cell.subTopic)}`;
      let topic = topics.get(key);
      if (topic === undefined) topics.set(key, topic = { topic: cell.log, subTopic: cell.subTopic, ...nothing() });
      for (const slot of slots) for (const sum of [total, point, topic]) count(sum, cell, slot);
    }
  }
  return {
    total,
    points: [...points].map(([at, { messages, bytes, weighted }]) => ({ at, messages, bytes, tps: rounded(weighted / ((Math.min(at + step, to) - at) / SECOND_MS)) })),
    topics: [...topics.values()].filter(({ messages }) => messages > 0).sort((a, b) => b.messages - a.messages || compare(a.topic, b.topic) || compare(a.subTopic ?? '\uffff', b.subTopic ?? '\uffff')),
  };
}

export async function connectionsReport(records: RecordStore, { from, to, step }: Range): Promise<{ at: number; connections: number; subscriptions: number }[]> {
  /** By begin of the five minutes. */
  const connections = new Map<number, number[]>();
  const subscriptions = new Map<number, number[]>();
  for (const { at, value } of await readSeries(records, LOAD_KIND, FIVE_MINUTES_MS, from - (from % FIVE_MINUTES_MS), to)) {
    const load = JSON.parse(value) as Load;
    addTo(connections, at, load.connections.map((each) => each ?? 0));
    addTo(subscriptions, at, valuesOf(load.subscriptions));
  }
  return startsOf({ from, to, step }).map((start) => {
    const point = { at: start, connections: 0, subscriptions: 0 };
    for (let at = start; at < Math.min(start + step, to); at += MINUTE_MS) {
      const five = at - (at % FIVE_MINUTES_MS);
      point.connections = Math.max(point.connections, connections.get(five)?.[(at - five) / MINUTE_MS] ?? 0);
      point.subscriptions = Math.max(point.subscriptions, ...(subscriptions.get(five) ?? []));
    }
    return point;
  });
}

/** Records of a kind whose begin lies in the range, of every gateway that wrote then. */
async function readSeries(records: RecordStore, kind: string, size: number, from: number, to: number): Promise<{ at: number; value: string }[]> {
  const hours: number[] = [];
  for (let hour = from - (from % HOUR_MS); hour < to; hour += HOUR_MS) hours.push(hour);
  const writers = await records.readRecords(WRITERS_KIND, hours.map(String));
  const places = hours.flatMap((hour, i) => {
    const gatewayIds = writers[i] === undefined ? [] : JSON.parse(writers[i].value) as string[];
    return startsOf({ from: Math.max(hour, from), to: Math.min(hour + HOUR_MS, to), step: size }).flatMap((at) => gatewayIds.map((gatewayId) => ({ at, id: recordId(size, at, gatewayId) })));
  });
  const found = await records.readRecords(kind, places.map(({ id }) => id));
  return places.flatMap(({ at }, i) => (found[i] === undefined ? [] : [{ at, value: found[i].value }]));
}

function passes({ log, subTopic, p2p }: Cell, filter: UsageFilter): boolean {
  return (filter.topic === undefined || filter.topic === log)
    && (filter.subTopic === undefined || (subTopic !== null && (filter.subTopic === subTopic || matches(filter.subTopic, subTopic))))
    && (filter.type === undefined || (filter.type === 'p2p') === p2p);
}

function startsOf({ from, to, step }: Range): number[] {
  const starts: number[] = [];
  for (let at = from; at < to; at += step) starts.push(at);
  return starts;
}

function count(to: Usage, { counts }: Cell, slot: number): void {
  to.messages += counts[slot * FIELDS]!;
  to.bytes += counts[slot * FIELDS + 1]!;
  to.weighted += counts[slot * FIELDS + 2]!;
}

function addTo(sums: Map<number, number[]>, at: number, values: readonly number[]): void {
  const sum = sums.get(at) ?? [];
  values.forEach((value, i) => { sum[i] = (sum[i] ?? 0) + value; });
  sums.set(at, sum);
}

function nothing(): Usage {
  return { messages: 0, bytes: 0, weighted: 0 };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
