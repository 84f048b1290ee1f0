/**
 * Writes what this gateway counted into the store, as time series that every gateway reads. Each gateway writes records of its
 * own and writes them again as they grow: nothing is counted twice when an answer is lost, and a gateway that dies leaves what
 * it wrote. See DESIGN.md.
 */
import type { EventLogger } from '../events';
import { StoreUnavailableError } from '../store/errors';
import { encodeCells } from './codec';
import { LoadSampler } from './load';
import { add, type Cell, type UsageMeter } from './meter';
import type { TopicNames } from './names';
import { FIVE_MINUTES_MS, FLUSH_MS, HOUR_MS, KEPT_MS, LOAD_KIND, MINUTE_MS, MINUTES_KEPT_MS, recordId, SECOND_MS, USAGE_KIND, WRITERS_KIND, type RecordStore } from './records';

export interface RecorderOptions {
  readonly records: RecordStore;
  readonly gatewayId: string;
  readonly meter: UsageMeter;
  readonly names: TopicNames;
  readonly logger: EventLogger;
  /** Of this gateway, now. */
  live(): { readonly connections: number; readonly subscriptions: number };
  readonly now?: () => number;
}

interface Bucket { readonly at: number; readonly cells: Map<string, Cell>; written: boolean }
interface Pending { readonly kind: string; readonly id: string; readonly at: number; readonly value: string; readonly expiresAt: number }

/** Buckets that wait for a store that is away; older ones are given up. */
const MOST_WAITING = 120;
const ATTEMPTS = 10;
/** A timer may fire a little early, and what comes then would belong to the minute before. */
const LATE_MS = 5;

export class UsageRecorder {
  private readonly now: () => number;
  private readonly sizes = [{ ms: MINUTE_MS, keptMs: MINUTES_KEPT_MS, buckets: [] as Bucket[] }, { ms: FIVE_MINUTES_MS, keptMs: KEPT_MS, buckets: [] as Bucket[] }];
  private readonly load = new LoadSampler();
  /** What could not be written yet, by kind and id. */
  private readonly waiting = new Map<string, Pending>();
  private readonly announced = new Set<number>();
  private takenAt: number;
  private ticker: NodeJS.Timeout | undefined;
  private flusher: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(private readonly options: RecorderOptions) {
    this.now = options.now ?? Date.now;
    this.takenAt = this.now();
  }

  start(): void {
    this.takenAt = this.now();
    this.observe();
    this.ticker = setInterval(() => this.observe(), SECOND_MS);
    this.ticker.unref();
    this.schedule();
  }

  /** Writes what is left, if the store is there. */
  async stop(): Promise<void> {
    clearInterval(this.ticker);
    clearTimeout(this.flusher);
    await this.writing;
    if (this.ticker !== undefined) await this.flush();
  }

  /** Never rejects: what could not be written is written the next time. One writing at a time. */
  flush(): Promise<void> {
    const now = this.now();
    const since = this.takenAt;
    this.takenAt = now;
    this.collect(since, this.options.meter.take());
    this.writing ??= this.write(since, now).finally(() => { this.writing = undefined; });
    return this.writing;
  }

  private async write(since: number, now: number): Promise<void> {
    const { meter, names, records, logger } = this.options;
    try {
      await names.settle(now);
      meter.renamed();
      this.collect(since, meter.take());
      this.prepare(now);
      for (const [key, { kind, id, at, value, expiresAt }] of this.waiting) {
        await this.announce(at);
        await records.putRecord({ kind, id, value, expectedVersion: null, expiresAt, priority: 'expendable' });
        this.waiting.delete(key);
      }
    } catch (error) {
      this.prepare(now);
      if (!(error instanceof StoreUnavailableError)) logger.warn({ error: (error as Error).message }, 'usage-failed');
    }
  }

  private observe(): void {
    const { connections, subscriptions } = this.options.live();
    this.load.observe(this.now(), connections, subscriptions);
  }

  /** On the clock, so that what is counted belongs to one minute. */
  private schedule(): void {
    this.flusher = setTimeout(() => {
      void this.flush();
      this.schedule();
    }, FLUSH_MS - (this.now() % FLUSH_MS) + LATE_MS);
    this.flusher.unref();
  }

  private collect(at: number, cells: readonly Cell[]): void {
    if (cells.length === 0) return;
    for (const { ms, buckets } of this.sizes) {
      const begin = at - (at % ms);
      let bucket = buckets.find((each) => each.at === begin);
      if (bucket === undefined) buckets.push(bucket = { at: begin, cells: new Map(), written: false });
      bucket.written = false;
      for (const cell of cells) {
        const key = `${cell.p2p ? 1 : 0}${cell.subTopic === null ? '' : `\n${cell.subTopic}`}\0${cell.log}`;
        const known = bucket.cells.get(key);
        if (known === undefined) bucket.cells.set(key, { ...cell, counts: cell.counts.slice() });
        else add(known.counts, cell.counts);
      }
    }
  }

  /** Puts what changed among what is to be written. */
  private prepare(now: number): void {
    const { gatewayId } = this.options;
    for (const { ms, keptMs, buckets } of this.sizes) {
      for (const bucket of buckets) {
        if (!bucket.written) this.wait(USAGE_KIND, recordId(ms, bucket.at, gatewayId), bucket.at, encodeCells(bucket.cells.values()), bucket.at + ms + keptMs);
        bucket.written = true;
      }
      buckets.splice(0, buckets.length, ...buckets.filter(({ at }) => at + ms + FLUSH_MS > now));
    }
    for (const { at, load } of this.load.take()) {
      this.wait(LOAD_KIND, recordId(FIVE_MINUTES_MS, at, gatewayId), at, JSON.stringify(load), at + FIVE_MINUTES_MS + KEPT_MS);
    }
    for (const key of [...this.waiting.keys()].slice(0, Math.max(0, this.waiting.size - MOST_WAITING))) this.waiting.delete(key);
  }

  private wait(kind: string, id: string, at: number, value: string, expiresAt: number): void {
    this.waiting.set(`${kind} ${id}`, { kind, id, at, value, expiresAt });
  }

  /** Whoever reads an hour finds in one record who wrote in it. */
  private async announce(at: number): Promise<void> {
    const { records, gatewayId } = this.options;
    const hour = at - (at % HOUR_MS);
    if (this.announced.has(hour)) return;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const [record] = await records.readRecords(WRITERS_KIND, [String(hour)]);
      const writers = record === undefined ? [] : JSON.parse(record.value) as string[];
      const stands = writers.includes(gatewayId) || await records.putRecord({
        kind: WRITERS_KIND, id: String(hour), value: JSON.stringify([...writers, gatewayId]), expectedVersion: record?.version ?? 0, expiresAt: hour + 2 * HOUR_MS + KEPT_MS, priority: 'expendable',
      }) !== null;
      if (!stands) continue;
      this.announced.add(hour);
      for (const old of this.announced) if (old < hour - KEPT_MS) this.announced.delete(old);
      return;
    }
    throw new Error('others changed the list of gateways again and again');
  }
}
