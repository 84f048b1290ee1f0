import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/setup/redis';
import { createLogger } from '../logging';
import { makeEmbeddedStore, makeRemoteStore, opened } from '../open-store';
import type { Store } from '../store/contract';
import { SEALING_KEY, storageManifest, topic } from '../testing/documents';
import { runHandOver } from './run';

const logger = createLogger({ level: 'silent' });
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const folder = mkdtempSync(path.join(os.tmpdir(), 'deletions-'));
let redis: TestRedis | undefined;
let count = 0;

beforeAll(async () => { if (hasRedis) redis = await startRedis({ appendfsync: 'everysec' }); });
afterAll(async () => {
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const engines: [string, (storageId: string) => Promise<Store>][] = [
  ['embedded', (storageId) => makeEmbeddedStore({ folder: path.join(folder, storageId), storageId })],
  ['Redis', (storageId) => makeRemoteStore({ url: redis!.url, username: null, password: null }, storageId, logger)],
];

class Killed extends Error {}

/** The real store up to the step at which the process is killed: nothing of this hand-over runs from there on. */
function killedAt(step: 'deleteLog' | 'writeDocuments', store: Store, calls = 1): Store {
  let left = calls;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === step && --left <= 0) return Promise.reject(new Killed());
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

describe.each(engines)('I5 a hand-over that is killed after it removed a topic, %s', (engine, make) => {
  const skip = engine === 'Redis' && !hasRedis;

  async function storage() {
    const storageId = `store-${engine.toLowerCase()}-${++count}`;
    const open = async (): Promise<Store> => opened(await make(storageId));
    const handOver = (topics: string[], prepare: (store: Store) => Store = (store) => store) => runHandOver({
      storageId, sealingKey: SEALING_KEY, hash: topics.join(), logger, openStore: async () => prepare(await open()),
      incoming: { storage: storageManifest({ storageId, topics: topics.map((name) => topic(name, { removalPolicy: name === 'demo' ? 'retain' : 'destroy' })) }), instance: null, secrets: null },
    });
    const look = async <T>(at: (store: Store) => Promise<T>): Promise<T> => {
      const store = await open();
      try {
        return await at(store);
      } finally {
        await store.close();
      }
    };
    const publish = (log: string) => look(async (store) => {
      await store.append(`gateway-${++count}`, 1, [{
        log, topic: `${log}/x`, qos: 1, cleanSession: true, clientId: '', payload: Buffer.from('m'), epoch: null, qos2PacketId: null, p2pClientId: null, retain: true,
      }]);
    });
    const retained = () => look(async (store) => {
      const { messages } = await store.readRetained('#', null, { messages: 10, bytes: 1_000 });
      return messages.map(({ log }) => log).sort();
    });
    const pending = () => look(async (store) => (await store.readDocuments()).handOver?.deletions);
    await handOver(['demo', 'gone', 'gone-too']);
    for (const log of ['demo', 'gone', 'gone-too']) await publish(log);
    expect(await retained()).toEqual(['demo', 'gone', 'gone-too']);
    return { handOver, publish, retained, pending };
  }

  it.skipIf(skip)('deletes nothing more and nothing less than an undisturbed one does', async () => {
    const { handOver, retained, pending } = await storage();
    expect(await handOver(['demo'])).toMatchObject({ accepted: true });
    expect(await retained()).toEqual(['demo']);
    expect(await pending()).toEqual([]);
  });

  it.skipIf(skip).each([['before the first log is deleted', 1], ['between two logs', 2]])('is finished by the next one: %s', async (_when, calls) => {
    const { handOver, retained, pending } = await storage();
    await expect(handOver(['demo'], (store) => killedAt('deleteLog', store, calls))).rejects.toThrow(Killed);
    expect(await pending()).toEqual(['gone', 'gone-too']);
    expect(await retained()).toHaveLength(4 - calls);
    expect(await handOver(['demo'])).toMatchObject({ accepted: true });
    expect(await retained()).toEqual(['demo']);
    expect(await pending()).toEqual([]);
  });

  it.skipIf(skip)('is finished by the next one: before it could say so', async () => {
    const { handOver, retained, pending } = await storage();
    await expect(handOver(['demo'], (store) => killedAt('writeDocuments', store, 2))).rejects.toThrow(Killed);
    expect(await handOver(['demo'])).toMatchObject({ accepted: true });
    expect([await retained(), await pending()]).toEqual([['demo'], []]);
  });

  it.skipIf(skip)('a topic that is declared again starts empty, and keeps what comes then', async () => {
    const { handOver, publish, retained } = await storage();
    await expect(handOver(['demo'], (store) => killedAt('deleteLog', store))).rejects.toThrow(Killed);
    await handOver(['demo', 'gone']);
    expect(await retained()).toEqual(['demo']);
    await publish('gone');
    await handOver(['demo', 'gone']);
    expect(await retained()).toEqual(['demo', 'gone']);
  });
});
