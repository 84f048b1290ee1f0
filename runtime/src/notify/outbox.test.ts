import { describe, expect, it } from 'vitest';
import type { NamedRecord, PutNamedRecord } from '../store/contract';
import { journalText } from './journal-format';
import { EMPTY, JournalKeeper, MAX_WAITING, standing, type Journal } from './journal';
import { abandoned, due, enqueue, GIVE_UP_MS, settled } from './outbox';
import { introduce, recordAlarms, recordStoreAway } from './record-alarms';
import { fact, type AlarmChange, type AlarmName } from '../quota/alarms';
import { signedHeaders } from './signature';

const ORIGIN = { instanceId: 'quickstart', name: 'quickstart', region: 'local' };
const change = (kind: 'raised' | 'cleared', alarm: AlarmName): AlarmChange => ({ kind, condition: fact({ alarm, value: 1, threshold: 7, unit: 'days', message: 'soon' }, kind === 'raised') });
const news = (subject: string, journal: Journal = EMPTY, now = 0, id = subject): Journal => enqueue(journal, { event: 'test', subject, data: {} }, ORIGIN, now, id);
const ids = (journal: Journal, now: number): string[] => due(journal, now).map(({ id }) => id);
const entry = (journal: Journal, id: string) => journal.notifications.find((each) => each.id === id)!;

describe('E1 the outbox', () => {
  it('gives the oldest of each subject, and the next one when that is done with', () => {
    const journal = news('b', news('a', news('a', EMPTY, 0, 'a1'), 0, 'a2'), 0, 'b1');
    expect(ids(journal, 0)).toEqual(['a1', 'b1']);
    const refused = settled(journal, 'a1', 'answered 500', 0);
    expect(ids(refused, 0)).toEqual(['b1']); // a2 waits behind a1
    expect(ids(settled(refused, 'a1', null, 3_000), 3_000)).toEqual(['a2', 'b1']);
  });

  it('waits twice as long each time, a quarter of an hour at most, and gives up after a day', () => {
    let journal = news('a');
    const waits: number[] = [];
    for (let now = 0; entry(journal, 'a').state === 'retrying'; now = entry(journal, 'a').nextAt) {
      expect(ids(journal, now)).toEqual(['a']);
      journal = settled(journal, 'a', 'answered 503', now);
      waits.push((entry(journal, 'a').nextAt - now) / 1_000);
    }
    for (const [i, expected] of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900].entries()) expect(Math.abs(waits[i]! / expected - 1)).toBeLessThanOrEqual(0.1001);
    expect(entry(journal, 'a')).toMatchObject({ state: 'failed', lastError: 'answered 503', body: null, attempts: waits.length });
    expect(entry(journal, 'a').finishedAt!).toBeGreaterThan(GIVE_UP_MS * 0.95);
    expect(ids(journal, Infinity)).toEqual([]);
  });

  it('holds so many at most, and gives the oldest up', () => {
    let journal = EMPTY;
    for (let i = 0; i <= MAX_WAITING; i++) journal = news(`s${i}`, journal, i);
    expect(due(journal, Infinity)).toHaveLength(MAX_WAITING);
    expect(entry(journal, 's0')).toMatchObject({ state: 'failed', lastError: 'more than 100 notifications waited' });
  });

  it('settles what is done with no second time', () => {
    const done = settled(news('a'), 'a', null, 1);
    expect(settled(done, 'a', 'answered 500', 2)).toBe(done);
    expect(settled(done, 'unknown', null, 2)).toBe(done);
    expect(abandoned(done, 2)).toBe(done);
    expect(entry(abandoned(news('a'), 2), 'a').state).toBe('failed');
  });
});

describe('what is written of alarms', () => {
  it('E3 tells the beginning and the end of one alarm under one id, and nothing twice', () => {
    const raised = recordAlarms(EMPTY, [change('raised', 'expiry')], ORIGIN, 1);
    expect(recordAlarms(raised, [change('raised', 'expiry')], ORIGIN, 2)).toBe(raised);
    const cleared = recordAlarms(raised, [change('cleared', 'expiry')], ORIGIN, 3);
    expect(recordAlarms(cleared, [change('cleared', 'expiry')], ORIGIN, 4)).toBe(cleared);
    expect(standing(cleared)).toEqual([]);
    const bodies = cleared.notifications.map(({ body }) => JSON.parse(body!) as { type: string; data: { alarmId: string } });
    expect(bodies.map(({ type }) => type)).toEqual(['alarm-raised', 'alarm-cleared']);
    expect(new Set(bodies.map(({ data }) => data.alarmId)).size).toBe(1);
  });

  it('keeps alarms also where nobody is told', () => {
    const journal = recordAlarms(EMPTY, [change('raised', 'expiry')], null, 1);
    expect([standing(journal).length, journal.notifications.length]).toEqual([1, 0]);
  });

  it('E1 tells a webhook that is new what stands, once; not what waits anyway, and not what an earlier version told', () => {
    const events = (journal: Journal): string[] => journal.notifications.map(({ event, subject }) => `${event} ${subject}`);
    const untold = recordAlarms(EMPTY, [change('raised', 'expiry'), change('raised', 'certificate'), change('raised', 'tps'), change('cleared', 'tps')], null, 1);
    const told = introduce(untold, 'one', ORIGIN, 2);
    expect(events(told)).toEqual(['alarm-raised expiry', 'alarm-raised certificate']);
    expect(told.notifications.map(({ body }) => (JSON.parse(body!) as { data: { alarmId: string } }).data.alarmId)).toEqual(standing(told).map(({ id }) => id));
    expect(introduce(told, 'one', ORIGIN, 3)).toBe(told);
    // another URL: what waits goes there anyway, what was taken is told anew
    const partly = settled(told, told.notifications[0]!.id, null, 3);
    expect(events(introduce(partly, 'two', ORIGIN, 4)).slice(2)).toEqual(['alarm-raised expiry']);
    // taken away and declared again
    const gone = introduce(partly, null, null, 5);
    expect([gone.knowing, events(gone).length, introduce(gone, 'one', ORIGIN, 6).notifications.length]).toEqual([null, 2, 3]);
    // a journal of a version that did not note it
    expect(events(introduce({ ...partly, knowing: undefined }, 'one', ORIGIN, 7))).toHaveLength(2);
    expect(events(introduce({ ...untold, knowing: undefined }, 'one', ORIGIN, 7))).toHaveLength(2);
    expect(introduce(EMPTY, 'one', ORIGIN, 1)).toEqual({ ...EMPTY, knowing: 'one' });
  });

  it('B5 takes what two gateways saw of one time away for one', () => {
    const first = recordStoreAway(EMPTY, { since: 100_000, until: 130_000, reason: 'closed' }, ORIGIN, 130_000);
    expect(first.alarms).toMatchObject([{ alarm: 'store-away', state: 'cleared', since: 100_000, until: 130_000, value: 30, unit: 'seconds' }]);
    expect(first.notifications.map(({ event }) => event)).toEqual(['alarm-raised', 'alarm-cleared']);
    expect(recordStoreAway(first, { since: 103_000, until: 133_000, reason: 'closed' }, ORIGIN, 134_000)).toBe(first);
    expect(recordStoreAway(first, { since: 200_000, until: 210_000, reason: 'closed' }, ORIGIN, 210_000).alarms).toHaveLength(2);
  });
});

/** The part of a store that the journal needs, with somebody else who writes between a read and a write. */
class Records {
  version = 0;
  value: string | null = null;
  meanwhile: (() => void) | null = null;
  async readRecords(): Promise<(NamedRecord | undefined)[]> {
    const read = this.value === null ? undefined : { id: 'journal', value: this.value, version: this.version, expiresAt: null };
    this.meanwhile?.();
    this.meanwhile = null;
    return [read];
  }
  async putRecord({ value, expectedVersion }: PutNamedRecord): Promise<number | null> {
    if (expectedVersion !== this.version) return null;
    this.value = value;
    return ++this.version;
  }
}

describe('the journal', () => {
  it('loses nothing that another gateway writes meanwhile', async () => {
    const records = new Records();
    const keeper = new JournalKeeper(records);
    records.meanwhile = () => { records.value = journalText(news('theirs')); records.version++; };
    await keeper.change((journal) => news('ours', journal));
    expect((await keeper.read()).notifications.map(({ id }) => id)).toEqual(['theirs', 'ours']);
  });

  it('writes nothing where nothing changes, and begins anew where it cannot read', async () => {
    const records = new Records();
    const keeper = new JournalKeeper(records);
    await keeper.change((journal) => journal);
    expect(records.version).toBe(0);
    for (const value of ['{', '[]', 'null', '7']) {
      records.value = value;
      expect(await keeper.read()).toEqual(EMPTY);
    }
  });

  it('keeps what another version wrote, where it stands, also when its neighbours go', async () => {
    const records = new Records();
    const keeper = new JournalKeeper(records);
    const notification = (id: string) => ({ ...news(id).notifications[0]!, lane: 'of a later version' });
    const foreign = (id: string) => ({ id, event: 'digest', batch: [1, 2] });
    const later = { alarms: [{ kind: 'unknown' }], notifications: [foreign('x'), notification('a'), foreign('y'), notification('b'), foreign('z'), 'w'], runnable: { by: 'zone' }, silenced: ['tps'] };
    records.value = JSON.stringify(later);
    expect((await keeper.read()).notifications.map(({ id }) => id)).toEqual(['a', 'b']);
    await keeper.change((journal) => news('c', journal));
    const written = JSON.parse(records.value) as typeof later;
    expect(written).toEqual({ ...later, notifications: [...later.notifications, expect.objectContaining({ id: 'c' })] });
    await keeper.change((journal) => ({ ...journal, runnable: { deployment: 'd', at: 1, replicas: 1 }, notifications: journal.notifications.filter(({ id }) => id !== 'a') }));
    expect(JSON.parse(records.value)).toMatchObject({ runnable: { deployment: 'd' }, silenced: ['tps'], notifications: [foreign('x'), foreign('y'), { id: 'b' }, foreign('z'), 'w', { id: 'c' }] });
  });

  it('is bounded', async () => {
    const keeper = new JournalKeeper(new Records());
    for (let i = 0; i < 250; i++) await keeper.change((journal) => recordStoreAway(settled(settled(journal, `${i}`, null, i), `${i}`, null, i), { since: i * 100_000, until: i * 100_000 + 6_000, reason: 'x'.repeat(100) }, ORIGIN, i));
    const { alarms, notifications } = await keeper.read();
    expect([alarms.length, notifications.length]).toEqual([200, 200]);
    expect(JSON.stringify({ alarms, notifications }).length).toBeLessThan(200_000);
  });
});

describe('E1 the signature', () => {
  it('is that of Standard Webhooks, by the example of its specification', () => {
    const headers = signedHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});
