import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logging';
import { StoreConfigurationError } from '../store/errors';
import { DocumentStore } from '../testing/document-store';
import { instanceManifest, SEALING_KEY, secrets, storageManifest, topic } from '../testing/documents';
import { unseal } from '../seal';
import { hashOfIncoming, readHandOver, readStoreAccess } from './documents';
import { answerLine, runHandOver } from './run';
import { takeIn } from './take-in';

const incoming = { storage: storageManifest(), instance: instanceManifest(), secrets: secrets() };
const request = (store: DocumentStore, changed: Partial<typeof incoming> = {}) => {
  const documents = { ...incoming, ...changed };
  return { store: store.asStore(), storageId: 'store-1', incoming: documents, sealingKey: SEALING_KEY, hash: hashOfIncoming(documents, SEALING_KEY) };
};
const logger = createLogger({ level: 'silent' });

describe('taking documents in', () => {
  it('writes them with sealed secrets and the binding (A6, B1)', async () => {
    const store = new DocumentStore();
    expect(await takeIn(request(store))).toMatchObject({ accepted: true, changed: true });
    expect(store.documents).toMatchObject({ revision: 1, boundTo: 'quickstart', storage: incoming.storage, instance: incoming.instance });
    expect(JSON.stringify(store.documents)).not.toContain('quickstart-secret');
    expect(JSON.parse(unseal(store.documents.sealedSecrets ?? '', SEALING_KEY, 'store-1'))).toEqual(incoming.secrets);
  });

  it('writes nothing when nothing changed', async () => {
    const store = new DocumentStore();
    await takeIn(request(store));
    expect(await takeIn(request(store))).toMatchObject({ accepted: true, changed: false });
    expect(store.writes).toBe(1);
  });

  it('replaces secrets that were sealed with another key', async () => {
    const store = new DocumentStore();
    await takeIn({ ...request(store), sealingKey: 'another key of more than thirty-two characters' });
    await takeIn(request(store));
    expect(unseal(store.documents.sealedSecrets ?? '', SEALING_KEY, 'store-1')).toContain('quickstart-secret');
  });

  it('B2 of two instances that come at once, one is refused', async () => {
    const store = new DocumentStore();
    const answers = await Promise.all([takeIn(request(store)), takeIn(request(store, { instance: instanceManifest({ instanceId: 'other' }) }))]);
    expect(answers.map(({ accepted }) => accepted).sort()).toEqual([false, true]);
  });

  it('leaves the documents alone when it refuses', async () => {
    const store = new DocumentStore();
    await takeIn(request(store));
    expect(await takeIn(request(store, { instance: instanceManifest({ instanceId: 'other' }) }))).toMatchObject({ accepted: false });
    expect(store.documents).toMatchObject({ revision: 1, boundTo: 'quickstart' });
  });
});

describe('running a hand-over', () => {
  it('tries again while the store is away, one log line a try', async () => {
    const store = new DocumentStore();
    store.away = true;
    const lines: string[] = [];
    const listening = createLogger({ level: 'info', format: 'json', stream: { write: (line: string) => lines.push(line) } as never });
    const run = runHandOver({ ...request(store), logger: listening, retryMs: 5, openStore: async () => { await store.open(); return store.asStore(); } });
    await expect.poll(() => lines.length).toBeGreaterThan(2);
    store.away = false;
    expect(await run).toMatchObject({ accepted: true });
  });

  it('answers settings that cannot keep the promise', async () => {
    const openStore = () => Promise.reject(new StoreConfigurationError('maxmemory-policy is allkeys-lru'));
    expect(await runHandOver({ ...request(new DocumentStore()), logger, openStore })).toMatchObject({ accepted: false, sentence: 'maxmemory-policy is allkeys-lru' });
  });

  it('I5 deletes the messages of removed topics whose policy says destroy', async () => {
    const store = new DocumentStore();
    await takeIn(request(store, { storage: storageManifest({ topics: [topic('demo'), topic('gone', { removalPolicy: 'destroy' })] }) }));
    await runHandOver({ ...request(store), logger, openStore: async () => store.asStore() });
    expect(store.deleted).toEqual(['gone']);
    expect(store.documents.handOver?.deletions).toEqual([]);
  });

  it('says its answer in one line', () => {
    expect(answerLine({ accepted: true, hash: 'abc', changed: false, warnings: [] })).toBe('ACCEPTED abc');
    expect(answerLine({ accepted: false, hash: 'abc', sentence: 'no,\n  because' })).toBe('REFUSED abc: no, because');
  });
});

describe('the folder of a hand-over', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'hand-over-'));
  afterEach(() => ['storage', 'instance', 'secrets'].forEach((name) => rmSync(path.join(dir, `${name}.json`), { force: true })));
  const put = (name: string, value: unknown) => writeFileSync(path.join(dir, `${name}.json`), JSON.stringify(value));

  it('is named by a hash that changes with every document', () => {
    put('storage', storageManifest());
    const one = readHandOver(dir, SEALING_KEY);
    put('instance', instanceManifest());
    put('secrets', secrets());
    const two = readHandOver(dir, SEALING_KEY);
    put('secrets', secrets({ 'quickstart-key': 'another' }));
    const three = readHandOver(dir, SEALING_KEY);
    expect(new Set([one.hash, two.hash, three.hash]).size).toBe(3);
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(two).toMatchObject({ storageId: 'store-1', incoming: { instance: { instanceId: 'quickstart' } } });
  });

  it('says what is missing or wrong', () => {
    expect(() => readHandOver(dir, SEALING_KEY)).toThrow(/nothing to hand over/);
    writeFileSync(path.join(dir, 'secrets.json'), '{"hush-hush"');
    put('storage', storageManifest());
    expect(() => readHandOver(dir, SEALING_KEY)).toThrow(/secrets.json is not valid JSON$/);
  });
});

describe('A6 N5 the URL of a store holds no password', () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'store-access-')), 'store.json');
  const read = (url: string) => {
    writeFileSync(file, JSON.stringify({ version: 1, kind: 'store', url, username: null, password: null, sealingKey: SEALING_KEY, admin: null }));
    return readStoreAccess(file);
  };

  it.each(['redis://store:6379', 'rediss://store.example.com', 'redis://10.0.0.7:6379/0', 'redis://[::1]:6379', 'redis://my_store:1'])('accepts %s', (url) => {
    expect(read(url)).toMatchObject({ url });
  });

  it.each([
    'redis://user:hunter2@store:6379', 'redis://:hunter2@store', 'redis://hunter2@store', 'redis://store:6379?password=hunter2', 'redis://store:6379/0?auth=hunter2',
    'redis://store/#hunter2', 'redis://user:hunter2:6379', 'redis://user@x:hunter2@store:6379', 'redis://user:hunter2',
  ])('refuses %s, and does not repeat it', (url) => {
    expect(() => read(url)).toThrow(/I2: URL of the store: got one with more in it than scheme, host and port; .*fix: give user and password apart/);
    expect(() => read(url)).not.toThrow(/hunter2/);
  });

  it.each(['redis://', 'redis://store:99999', 'redis://two hosts:1', 'redis://store:6379/name'])('refuses %s', (url) => {
    expect(() => read(url)).toThrow(/I2: URL of the store: got "/);
  });
});
