import { describe, expect, it } from 'vitest';
import { createLogger } from '../logging';
import { StoreUnavailableError } from '../store/errors';
import { DocumentStore } from '../testing/document-store';
import { instanceManifest, SEALING_KEY, secrets, storageManifest } from '../testing/documents';
import type { Incoming } from './decide';
import { Generation } from './generation';
import { keepTrying } from './keep-trying';
import { takeIn, type Answer } from './take-in';

const own: Incoming = { storage: null, instance: instanceManifest(), secrets: secrets() };
const storage: Incoming = { storage: storageManifest(), instance: null, secrets: null };

/** Of a container that was started at this time. */
const startedAt = (time: number) => new Generation(undefined, () => time);

function handOver(store: DocumentStore, incoming: Incoming, hash: string, generation?: Generation) {
  return takeIn({ generation, store: store.asStore(), storageId: 'store-1', incoming, sealingKey: SEALING_KEY, hash });
}

function start(store: DocumentStore, incoming: Incoming, { signal, generation = new Generation() }: { signal?: AbortSignal; generation?: Generation } = {}) {
  const answers: Answer[] = [];
  const ended = keepTrying({
    incoming, storageId: 'store-1', sealingKey: SEALING_KEY, hash: 'mine', logger: createLogger({ level: 'silent' }), againMs: 5, signal, generation,
    openStore: async () => store.asStore(), onAnswer: (answer) => void answers.push(answer),
  });
  return { answers, ended };
}

describe('a hand-over that was refused', () => {
  it('B1 is accepted as it is once the cause is mended', async () => {
    const store = new DocumentStore();
    const { answers, ended } = start(store, own); // its storage was not handed over yet
    await expect.poll(() => answers).toMatchObject([{ accepted: false }]);
    await handOver(store, storage, 'storage');
    await ended;
    expect(answers.map(({ accepted }) => accepted)).toEqual([false, true]); // the refusal was told once
    expect(store.documents).toMatchObject({ boundTo: 'quickstart', acceptedHash: 'mine' });
  });

  it('I4 gives way to a newer one that was accepted, and says so', async () => {
    const store = new DocumentStore();
    const { answers, ended } = start(store, own, { generation: startedAt(1_000) });
    await expect.poll(() => answers.length).toBe(1);
    await handOver(store, { ...storage, instance: instanceManifest({ name: 'newer' }), secrets: secrets() }, 'newer', startedAt(2_000));
    await ended;
    expect(answers.slice(1)).toMatchObject([{ accepted: false, sentence: expect.stringContaining('a newer hand-over took the place') as string }]);
    expect(store.documents).toMatchObject({ acceptedHash: 'newer', instance: { name: 'newer' } });
  });

  it('I4 takes the place of an older refused one that was accepted meanwhile', async () => {
    const store = new DocumentStore();
    const older = start(store, { ...own, instance: instanceManifest({ name: 'older' }) }, { generation: startedAt(1_000) });
    const newer = start(store, own, { generation: startedAt(2_000) });
    await expect.poll(() => [older.answers.length, newer.answers.length]).toEqual([1, 1]);
    await handOver(store, storage, 'storage');
    await Promise.all([older.ended, newer.ended]);
    expect(newer.answers.at(-1)).toMatchObject({ accepted: true });
    expect(store.documents).toMatchObject({ acceptedHash: 'mine', instance: { name: 'quickstart' } });
  });

  it('B5 says so when the store stays away, and is accepted when it comes', async () => {
    const store = new DocumentStore();
    await handOver(store, storage, 'storage');
    const answers: Answer[] = [];
    let away = true;
    const ended = keepTrying({
      incoming: own, storageId: 'store-1', sealingKey: SEALING_KEY, hash: 'mine', logger: createLogger({ level: 'silent' }),
      againMs: 5, retryMs: 5, patienceMs: 20, generation: new Generation(), onAnswer: (answer) => void answers.push(answer),
      openStore: async () => {
        if (away) throw new StoreUnavailableError('connection refused');
        return store.asStore();
      },
    });
    await expect.poll(() => answers).toMatchObject([{ accepted: false, sentence: expect.stringContaining('connection refused') as string }]);
    away = false;
    await ended;
    expect(answers[1]).toMatchObject({ accepted: true });
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const { answers, ended } = start(new DocumentStore(), own, { signal: abort.signal });
    await expect.poll(() => answers.length).toBe(1);
    abort.abort();
    await expect(ended).rejects.toThrow();
  });
});
