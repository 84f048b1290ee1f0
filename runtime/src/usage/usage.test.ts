/** Metering, names, the time series of several gateways, and the reports made of them. */
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../store/errors';
import { LoadSampler } from './load';
import { UsageMeter } from './meter';
import { NAMES_IN_ALL, NAMES_PER_TOPIC, TopicNames } from './names';
import { FIVE_MINUTES_MS, HOUR_MS, KEPT_MS, MemoryRecords, MINUTE_MS, MINUTES_KEPT_MS, SECOND_MS, type RecordStore } from './records';
import { UsageRecorder } from './recorder';
import { connectionsReport, rangeOf, usageReport, writtenUntil, type Range } from './reports';
import { valuesOf } from './codec';

const BEGIN = Date.parse('2030-01-01T00:00:00Z');
const logger = { debug: () => undefined, info: () => undefined, warn: (_: object, message: string) => { throw new Error(message); }, error: () => undefined };
const isP2p = (topic: string): boolean => topic.split('/')[1] === 'p2p';

class Clock { now = BEGIN; }

function gateway(records: RecordStore, clock: Clock, gatewayId: string, live = { connections: 0, subscriptions: 0 }) {
  const names = new TopicNames(records);
  const meter = new UsageMeter(names, isP2p);
  const recorder = new UsageRecorder({ records, gatewayId, meter, names, logger, live: () => live, now: () => clock.now });
  return {
    meter, names,
    publish: (topic: string, bytes = 1, qos: 0 | 1 | 2 = 1, weight = 2) => meter.received(topic.split('/')[0]!, topic, bytes, qos, weight),
    receive: (topic: string, bytes = 1, qos: 0 | 1 | 2 = 1, weight = 2) => meter.sent(topic.split('/')[0]!, topic, bytes, qos, weight),
    flush: () => recorder.flush(),
  };
}

const all = (records: RecordStore, range: Range, more: Partial<Parameters<typeof usageReport>[2]> = {}) => usageReport(records, range, { side: 'producer', ...more });
const hour: Range = { from: BEGIN, to: BEGIN + HOUR_MS, step: MINUTE_MS };

describe('usage over time', () => {
  it('adds up what all gateways counted, by minute, side, topic, sub topic, QoS and type', async () => {
    const clock = new Clock();
    const records = new MemoryRecords(() => clock.now);
    const [a, b] = [gateway(records, clock, 'a'), gateway(records, clock, 'b')];
    a.publish('demo/x', 100, 1, 2);
    b.publish('demo/x', 10, 2, 5);
    b.publish('demo/y', 1, 0, 1);
    b.publish('other', 7, 0, 1);
    b.publish('demo/p2p/GID_a@@@1', 3, 1, 5);
    a.receive('demo/x', 100, 1, 5);
    clock.now += 10 * SECOND_MS;
    await a.flush();
    await b.flush();
    a.publish('demo/x', 100, 1, 2);
    clock.now += 50 * SECOND_MS;
    await a.flush();
    a.publish('demo/x', 50, 1, 2);
    clock.now += 10 * SECOND_MS;
    await a.flush();
    const report = await all(records, hour);
    expect(report.total).toEqual({ messages: 7, bytes: 271, weighted: 18 });
    expect(report.points.slice(0, 3)).toEqual([
      { at: BEGIN, messages: 6, bytes: 221, tps: 0.267 }, { at: BEGIN + MINUTE_MS, messages: 1, bytes: 50, tps: 0.033 }, { at: BEGIN + 2 * MINUTE_MS, messages: 0, bytes: 0, tps: 0 },
    ]);
    expect(report.topics).toEqual([
      { topic: 'demo', subTopic: 'x', messages: 4, bytes: 260, weighted: 11 },
      { topic: 'demo', subTopic: 'y', messages: 1, bytes: 1, weighted: 1 },
      { topic: 'demo', subTopic: null, messages: 1, bytes: 3, weighted: 5 },
      { topic: 'other', subTopic: '', messages: 1, bytes: 7, weighted: 1 },
    ]);
    const messages = async (filter: Partial<Parameters<typeof usageReport>[2]>) => (await all(records, hour, filter)).total.messages;
    expect(await messages({ side: 'consumer' })).toBe(1);
    expect(await messages({ topic: 'demo' })).toBe(6);
    expect(await messages({ topic: 'demo', subTopic: 'x' })).toBe(4);
    expect(await messages({ topic: 'demo', subTopic: '+' })).toBe(5);
    expect(await messages({ topic: 'other', subTopic: '' })).toBe(1);
    expect(await messages({ qos: 2 })).toBe(1);
    expect(await messages({ type: 'p2p' })).toBe(1);
    expect(await messages({ type: 'normal', qos: 1 })).toBe(3);
    // the same, made of what is kept for a day
    const coarse = await all(records, { ...hour, step: FIVE_MINUTES_MS });
    expect([coarse.total, coarse.topics]).toEqual([report.total, report.topics]);
    expect(coarse.points[0]).toMatchObject({ messages: 7, bytes: 271 });
  });

  it('E4 the worked example is 2800 a second', async () => {
    const clock = new Clock();
    const records = new MemoryRecords(() => clock.now);
    const a = gateway(records, clock, 'a');
    for (let client = 0; client < 100; client++) {
      for (const [qos, weight, times] of [[0, 1, 1], [1, 2, 2], [2, 5, 3]] as const) {
        for (let n = 0; n < times * 10; n++) a.publish('demo/x', 1, qos, weight);
        for (let n = 0; n < 10; n++) a.receive('demo/x', 1, qos, weight);
      }
    }
    clock.now += 10 * SECOND_MS;
    await a.flush();
    const range = { from: BEGIN, to: BEGIN + 10 * SECOND_MS, step: MINUTE_MS };
    expect((await all(records, range)).points[0]!.tps + (await all(records, range, { side: 'consumer' })).points[0]!.tps).toBe(2_800);
  });

  it('keeps what a gateway wrote that is gone, and counts nothing twice when an answer is lost', async () => {
    const clock = new Clock();
    const memory = new MemoryRecords(() => clock.now);
    let lost = 0;
    const flaky: RecordStore = {
      readRecords: (kind, ids) => memory.readRecords(kind, ids),
      async putRecord(record) {
        const version = await memory.putRecord(record);
        if (lost-- > 0) throw new StoreUnavailableError('the answer was lost');
        return version;
      },
    };
    const first = gateway(flaky, clock, 'a');
    for (let n = 0; n < 6; n++) {
      first.publish('demo/x');
      clock.now += 10 * SECOND_MS;
      lost = n % 3;
      await first.flush();
    }
    lost = 0;
    clock.now += 10 * SECOND_MS;
    await first.flush();
    const again = gateway(flaky, clock, 'a-again');
    again.publish('demo/x');
    clock.now += 10 * SECOND_MS;
    await again.flush();
    expect((await all(memory, hour)).points.map(({ messages }) => messages).slice(0, 3)).toEqual([6, 1, 0]);
  });

  it('writes what it counted while the store was away, in its minutes', async () => {
    const clock = new Clock();
    const memory = new MemoryRecords(() => clock.now);
    let away = true;
    const there = async <T>(step: () => Promise<T>): Promise<T> => { if (away) throw new StoreUnavailableError('away'); return step(); };
    const a = gateway({ readRecords: (...args) => there(() => memory.readRecords(...args)), putRecord: (record) => there(() => memory.putRecord(record)) }, clock, 'a');
    for (let n = 0; n < 18; n++) {
      a.publish('demo/p2p/somebody');
      clock.now += 10 * SECOND_MS;
      away = n < 17;
      await a.flush();
    }
    expect((await all(memory, hour)).points.map(({ messages }) => messages).slice(0, 4)).toEqual([6, 6, 6, 0]);
  });

  it('is bounded: records run out, and topics without a name are counted together on every gateway', async () => {
    const clock = new Clock();
    const records = new MemoryRecords(() => clock.now);
    const [a, b] = [gateway(records, clock, 'a'), gateway(records, clock, 'b')];
    const logs = Array.from({ length: 10 }, (_, n) => `log${n}`);
    for (const log of logs) for (let n = 0; n < 50; n++) a.publish(`${log}/${n}`);
    clock.now += 10 * SECOND_MS;
    await a.flush();
    await b.flush();
    for (const log of logs) for (let n = 0; n < 60; n++) b.publish(`${log}/${n}`);
    b.publish(`log0/${'x'.repeat(200)}`);
    clock.now += 10 * SECOND_MS;
    await b.flush();
    const report = await all(records, hour);
    expect(report.total.messages).toBe(1_101);
    const named = report.topics.filter(({ subTopic }) => subTopic !== null);
    expect(named).toHaveLength(NAMES_IN_ALL);
    expect(named.filter(({ topic }) => topic === 'log0')).toHaveLength(NAMES_PER_TOPIC);
    // told by name means on both
    for (const { messages } of named) expect(messages).toBe(2);
    expect(b.meter.totals().get('log0')!.reduce((sum, each, at) => (at % 3 === 0 ? sum + each : sum), 0)).toBe(61);
    const ids = (n: number): string[] => [`1/${BEGIN}/a`, `5/${BEGIN}/a`].slice(n, n + 1);
    clock.now = BEGIN + MINUTE_MS + MINUTES_KEPT_MS;
    expect(await records.readRecords('usage', ids(0))).toEqual([undefined]);
    clock.now = BEGIN + FIVE_MINUTES_MS + KEPT_MS;
    expect(await records.readRecords('usage', ids(1))).toEqual([undefined]);
  });

  it('a name that nobody used for a day makes room, and one in use keeps its place', async () => {
    const clock = new Clock();
    const records = new MemoryRecords(() => clock.now);
    const a = gateway(records, clock, 'a');
    for (let n = 0; n < NAMES_PER_TOPIC; n++) a.publish(`demo/${n}`);
    await a.flush();
    for (let hours = 0; hours <= 30; hours++) {
      clock.now += HOUR_MS;
      a.publish('demo/3');
      a.publish('demo/late');
      await a.flush();
      await a.flush();
    }
    expect([...a.names.names.keys()].sort()).toEqual(['demo/3', 'demo/late']);
  });

  it('names of topics may be anything that MQTT allows', async () => {
    const clock = new Clock();
    const records = new MemoryRecords(() => clock.now);
    const a = gateway(records, clock, 'a');
    const topics = ['demo/__proto__', 'demo/constructor', 'demo//', 'demo/', 'demo/ä "\\', 'demo', 'demonstration/demo'];
    for (const topic of topics) a.publish(topic);
    clock.now += 10 * SECOND_MS;
    await a.flush();
    const { topics: found } = await all(records, hour);
    expect(found.map(({ topic, subTopic }) => (subTopic === '' && topic === 'demo' ? 'demo' : `${topic}/${subTopic}`)).filter((each) => !topics.includes(each))).toEqual(['demo/null']); // "demo/" has no sub topic that could be told from none
    expect(found.reduce((sum, { messages }) => sum + messages, 0)).toBe(topics.length);
  });

  it('counts nothing when it is switched off', () => {
    const meter = new UsageMeter(new TopicNames(new MemoryRecords()), isP2p, false);
    meter.keep(['demo']);
    meter.received('demo', 'demo/x', 1, 1, 2);
    expect([meter.take(), meter.totals().size]).toEqual([[], 0]);
  });
});

describe('E4 connections and subscriptions over time', () => {
  it('connections are sampled each minute, subscriptions are the maximum of five minutes', () => {
    const sampler = new LoadSampler();
    for (let s = 0; s <= 600; s++) sampler.observe(BEGIN + s * 1_000, s, s === 100 || s === 400 ? 1_000 + s : 5);
    const taken = sampler.take();
    expect(taken.map(({ at, load }) => [(at - BEGIN) / MINUTE_MS, load.connections])).toEqual([[0, [0, 60, 120, 180, 240]], [5, [300, 360, 420, 480, 540]], [10, [600, null, null, null, null]]]);
    expect(taken.map(({ load }) => Math.max(...valuesOf(load.subscriptions)))).toEqual([1_100, 1_400, 5]);
    expect(sampler.take()).toHaveLength(1);
  });

  it('a client that goes from one gateway to another is not counted twice', async () => {
    const clock = new Clock();
    const records = new MemoryRecords(() => clock.now);
    const put = (gatewayId: string, subscriptions: [number, number][], connections: (number | null)[]) => records.putRecord({
      kind: 'load', id: `5/${BEGIN}/${gatewayId}`, value: JSON.stringify({ connections, subscriptions }), expectedVersion: null,
    });
    await records.putRecord({ kind: 'writers', id: String(BEGIN), value: '["a","b"]', expectedVersion: 0 });
    await put('a', [[10, 120], [0, 180]], [4, 4, 0, 0, 0]);
    await put('b', [[2, 120], [12, 180]], [1, 1, 5, 5, 6]);
    const points = await connectionsReport(records, { from: BEGIN, to: BEGIN + FIVE_MINUTES_MS, step: MINUTE_MS });
    expect(points.map(({ connections }) => connections)).toEqual([5, 5, 5, 5, 6]);
    expect(new Set(points.map(({ subscriptions }) => subscriptions))).toEqual(new Set([12]));
    expect(await connectionsReport(records, { from: BEGIN, to: BEGIN + HOUR_MS, step: HOUR_MS })).toEqual([{ at: BEGIN, connections: 6, subscriptions: 12 }]);
  });
});

describe('the range of a report', () => {
  const now = BEGIN + 30 * HOUR_MS + 17 * MINUTE_MS + 13 * SECOND_MS;
  it.each([
    ['the last 3 hours by minute', {}, MINUTE_MS, 180],
    ['12 hours by 5 minutes', { from: now - 12 * HOUR_MS }, FIVE_MINUTES_MS, 144],
    ['a day by 10 minutes', { from: now - 24 * HOUR_MS }, 2 * FIVE_MINUTES_MS, 144],
    ['a day in one point', { from: now - 24 * HOUR_MS, step: 24 * HOUR_MS }, 24 * HOUR_MS, 1],
    ['minutes of yesterday are not kept', { from: now - 20 * HOUR_MS, to: now - 19 * HOUR_MS, step: MINUTE_MS }, FIVE_MINUTES_MS, 12],
  ])('%s', (_what, asked, step, least) => {
    const range = rangeOf(asked, now, 'recent minutes')!;
    expect(range.step).toBe(step);
    expect(range.from % step).toBe(0);
    expect((range.to - range.from) / step).toBeGreaterThanOrEqual(least - 0.5);
    expect((range.to - range.from) / step).toBeLessThanOrEqual(least + 2);
    expect(range.to).toBeLessThanOrEqual(writtenUntil(now));
  });

  it('holds nothing that is not written yet, or not kept any more', () => {
    expect(writtenUntil(BEGIN + 12 * SECOND_MS)).toBe(BEGIN + 10 * SECOND_MS);
    expect(writtenUntil(BEGIN + 11 * SECOND_MS)).toBe(BEGIN);
    expect(rangeOf({ from: now + HOUR_MS }, now, 'minutes')).toBeNull();
    expect(rangeOf({ from: now, to: now - HOUR_MS }, now, 'minutes')).toBeNull();
    expect(rangeOf({ from: 0 }, now, 'minutes')!.from).toBeGreaterThanOrEqual(now - KEPT_MS);
  });
});

describe('topics that come and go', () => {
  it('are told from the start on, and no more when they are gone', () => {
    const meter = new UsageMeter(new TopicNames(new MemoryRecords()), isP2p);
    meter.keep(['demo', 'other']);
    expect([...meter.totals().keys()]).toEqual(['demo', 'other']);
    meter.received('other', 'other/p2p/a', 1, 1, 2);
    meter.take();
    meter.keep(['demo']);
    expect([...meter.totals().keys()]).toEqual(['demo']);
  });
});
