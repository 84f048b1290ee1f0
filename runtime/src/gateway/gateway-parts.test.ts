import { describe, expect, it, vi } from 'vitest';
import { hashOfIncoming } from '../hand-over/documents';
import { takeIn } from '../hand-over/take-in';
import { createLogger } from '../logging';
import type { GatewayRecord } from '../store/contract';
import { DocumentStore } from '../testing/document-store';
import { instanceManifest, SEALING_KEY, secrets, storageManifest, topic } from '../testing/documents';
import { Chores } from './chores';
import { DocumentSource, type GatewayDocuments } from './document-source';
import { isSuperseded, Membership } from './membership';
import { whileStoreIsAway } from './patience';
import { statusOf } from './status';

const logger = createLogger({ level: 'silent' });

async function handOver(store: DocumentStore, topics = [topic('demo')]): Promise<void> {
  const incoming = { storage: storageManifest({ topics }), instance: instanceManifest(), secrets: secrets() };
  await takeIn({ store: store.asStore(), storageId: 'store-1', incoming, sealingKey: SEALING_KEY, hash: hashOfIncoming(incoming, SEALING_KEY) });
}

function source(store: DocumentStore, onChange: (documents: GatewayDocuments) => void = () => undefined, more: { pollMs?: number; instanceId?: string; sealingKey?: string } = {}): DocumentSource {
  return new DocumentSource({ store: store.asStore(), instanceId: 'quickstart', storageId: 'store-1', sealingKey: SEALING_KEY, logger, onChange, pollMs: 3_600_000, ...more });
}

describe('the documents that a gateway runs by', () => {
  it('reads them with the secrets opened', async () => {
    const store = new DocumentStore();
    await handOver(store);
    expect(await source(store).first()).toMatchObject({ kind: 'documents', documents: { revision: 1, secrets: { accessKeys: { 'quickstart-key': 'quickstart-secret' } } } });
  });

  it('B1 knows a store of another instance', async () => {
    const store = new DocumentStore();
    await handOver(store);
    expect(await source(store, undefined, { instanceId: 'other' }).first()).toEqual({ kind: 'foreign', boundTo: 'quickstart' });
  });

  it('says that nothing was handed over yet', async () => {
    expect(await source(new DocumentStore()).first()).toEqual({ kind: 'missing' });
  });

  it('follows a change at once, by notice', async () => {
    const store = new DocumentStore();
    await handOver(store);
    const seen: string[][] = [];
    const followed = source(store, ({ storage }) => { seen.push(storage!.topics.map(({ name }) => name)); });
    await followed.first();
    await followed.follow();
    await handOver(store, [topic('demo'), topic('more')]);
    await expect.poll(() => seen).toEqual([['demo', 'more']]);
    expect(followed.current?.revision).toBe(2);
    await followed.stop();
  });

  it('follows a change whose notice was lost, by polling', async () => {
    const store = new DocumentStore();
    await handOver(store);
    const followed = source(store, undefined, { pollMs: 10 });
    await followed.first();
    await followed.follow();
    vi.spyOn(store, 'notify').mockImplementation(() => undefined);
    await handOver(store, [topic('more')]);
    await expect.poll(() => followed.current?.storage!.topics[0]?.name).toBe('more');
    await followed.stop();
  });

  it.each([
    ['a document of a newer version', (store: DocumentStore) => ({ ...store.documents, instance: { ...instanceManifest(), version: 2 } as never })],
    ['secrets that do not open', (store: DocumentStore) => ({ ...store.documents, sealedSecrets: 'v1.AAAA' })],
    ['no secrets at all', (store: DocumentStore) => ({ ...store.documents, sealedSecrets: null })],
    ['documents that are gone', (store: DocumentStore) => ({ ...store.documents, instance: null, storage: null, boundTo: null })],
    ['a binding to another instance', (store: DocumentStore) => ({ ...store.documents, boundTo: 'other' })],
  ])('a reload that fails never resets anything: %s', async (_what, spoil) => {
    const store = new DocumentStore();
    await handOver(store);
    const onChange = vi.fn();
    const followed = source(store, onChange);
    await followed.first();
    await followed.follow();
    store.documents = { ...spoil(store), revision: 2 };
    await followed.refresh();
    expect(onChange).not.toHaveBeenCalled();
    expect(followed.current).toMatchObject({ revision: 1, instance: { instanceId: 'quickstart' } });
    expect(followed.problem).toBeTruthy();
    await followed.stop();
  });

  it('keeps the old documents when taking in fails, and tries again', async () => {
    const store = new DocumentStore();
    await handOver(store);
    let broken = true;
    const followed = source(store, () => { if (broken) throw new Error('certificate cannot be read'); });
    await followed.first();
    await followed.follow();
    await handOver(store, [topic('more')]);
    await expect.poll(() => followed.problem).toMatch(/revision 2 could not be taken in: certificate cannot be read/);
    expect(followed.current?.revision).toBe(1);
    broken = false;
    await followed.refresh();
    expect(followed.current?.revision).toBe(2);
    expect(followed.problem).toBeUndefined();
    await followed.stop();
  });

  it('B5 keeps its documents while the store is away', async () => {
    const store = new DocumentStore();
    await handOver(store);
    const followed = source(store);
    await followed.first();
    await followed.follow();
    store.away = true;
    await followed.refresh();
    expect(followed.current?.revision).toBe(1);
    expect(followed.problem).toBeUndefined();
    await followed.stop();
  });
});

describe('E1 a newer deployment supersedes once all its replicas are ready', () => {
  const gateway = (revision: string, replica: string, startedAt: number, ready = true): GatewayRecord =>
    ({ gatewayId: `${revision}-${replica}-${startedAt}`, instanceId: 'i', replica, revision, startedAt, ready, connections: 0 });
  const own = gateway('old', '1', 100);

  it.each([
    ['alone', [own], false],
    ['a newer one that is complete', [own, gateway('new', '1', 200), gateway('new', '2', 210)], true],
    ['a newer one that is not complete', [own, gateway('new', '1', 200)], false],
    ['a newer one that is not ready', [own, gateway('new', '1', 200), gateway('new', '2', 210, false)], false],
    ['two lives of one replica', [own, gateway('new', '1', 200), gateway('new', '1', 210)], false],
    ['an older one', [own, gateway('older', '1', 50), gateway('older', '2', 60)], false],
    ['the same revision', [own, gateway('old', '2', 200), gateway('old', '3', 210)], false],
    ['another instance', [own, { ...gateway('new', '1', 200), instanceId: 'x' }, { ...gateway('new', '2', 200), instanceId: 'x' }], false],
  ])('%s', (_what, gateways, expected) => {
    expect(isSuperseded(own, gateways, 2)).toBe(expected);
  });

  it('an old gateway that was restarted is still the old deployment', () => {
    const restarted = gateway('old', '1', 300);
    expect(isSuperseded(restarted, [restarted, gateway('old', '2', 100), gateway('new', '1', 200), gateway('new', '2', 210)], 2)).toBe(true);
  });

  it('beats, tells a change and leaves', async () => {
    const store = new DocumentStore();
    const onChange = vi.fn();
    const membership = new Membership({ store: store.asStore(), logger, record: () => own, replicas: () => 1, onChange, heartbeatMs: 10 });
    await membership.start();
    expect(membership.superseded).toBe(false);
    store.records.set('n', gateway('new', '1', 200));
    await expect.poll(() => membership.superseded).toBe(true);
    expect(onChange).toHaveBeenCalledTimes(1);
    await membership.stop();
    expect([...store.records.keys()]).toEqual(['n']);
  });
});

describe('T5 chores', () => {
  const policy = () => ({ retentionSeconds: 1, storedMessages: 1 });

  it('run on one gateway at a time, until nothing is left', async () => {
    const store = new DocumentStore();
    store.trimResults.push(500, 500, 3);
    const trim = vi.spyOn(store, 'trim');
    const [one, two] = ['g1', 'g2'].map((gatewayId) => new Chores({ store: store.asStore(), gatewayId, logger, policy }));
    await one?.round();
    await two?.round();
    expect(trim).toHaveBeenCalledTimes(5); // by age until nothing is left, then by the cap
    expect(store.recordExpiries).toBe(1); // A2: revocations of tokens that have expired
  });

  it('tell how many messages the cap removed, and nothing of those that were too old', async () => {
    const store = new DocumentStore();
    const capped: [number, number][] = [];
    const chores = new Chores({ store: store.asStore(), gatewayId: 'g', logger, policy, onCapped: (messages, cap) => capped.push([messages, cap]) });
    store.trimResults.push(7, 0);
    await chores.round();
    expect(capped).toEqual([]);
    store.trimResults.push(7, 0, 500, 3, 0);
    await chores.round();
    expect(capped).toEqual([[503, 1]]);
    store.trimResults.push(...Array<number>(30).fill(1_000)); // so many that a round does not get through
    await chores.round();
    expect(capped).toHaveLength(1);
  });

  it('B5 are left for the next round while the store is away', async () => {
    const store = new DocumentStore();
    store.away = true;
    await new Chores({ store: store.asStore(), gatewayId: 'g', logger, policy }).round();
    store.away = false;
    expect(store.leaseHolder).toBeNull();
  });
});

describe('B5 readiness says why', () => {
  const fine = { listening: true, storeReason: null, documentsRevision: 1, documentsProblem: null, draining: false, superseded: false, connections: 0 };

  it.each([
    [{}, []],
    [{ storeReason: 'connection refused' }, ['the store is away: connection refused']],
    [{ documentsRevision: 0 }, ['no declaration has been handed over yet']],
    [{ documentsRevision: 0, documentsProblem: 'secrets do not open' }, ['secrets do not open']],
    [{ documentsProblem: 'refused' }, []],
    [{ draining: true, superseded: true }, ['draining: the gateway is stopping', 'superseded: a newer deployment is ready']],
    [{ listening: false }, ['starting: listeners are not open yet']],
  ])('%j', (change, reasons) => {
    expect(statusOf({ ...fine, ...change })).toMatchObject({ ready: reasons.length === 0, reasons });
  });

  it('a start waits for a store that is away, and ends when it is stopped', async () => {
    const store = new DocumentStore();
    store.away = true;
    const reasons: (string | null)[] = [];
    const waiting = whileStoreIsAway('open it', () => store.open(), { logger, retryMs: 2, onReason: (reason) => reasons.push(reason) });
    await expect.poll(() => reasons.length).toBeGreaterThan(1);
    store.away = false;
    await waiting;
    expect(reasons.at(-1)).toBeNull();
    store.away = true;
    const abort = new AbortController();
    const stopped = whileStoreIsAway('open it', () => store.open(), { logger, retryMs: 2, signal: abort.signal, onReason: () => undefined });
    abort.abort();
    await expect(stopped).rejects.toThrow();
  });
});
