/** Standard storages on one server: each keeps to its part, as its manifest says (E6). */
import { afterAll, beforeAll, expect, describe, it } from 'vitest';
import type { AppendRequest } from '../../runtime/src/store/contract';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { takeIn, type Answer } from '../../runtime/src/hand-over/take-in';
import { documents, SEALING_KEY, STORAGE_ID } from './documents';
import { closed, connect, connectAndCollect, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

const KIBIBYTE = 1024;
const PAYLOAD = 'x'.repeat(10_000);
/** A message counts 10,200 bytes, so this is full with the fifth. */
const LIMIT = 50_000;
const theirs: AppendRequest = {
  log: 'demo', topic: 'demo/x', payload: Buffer.from(PAYLOAD), qos: 1, cleanSession: true, clientId: '', epoch: null, qos2PacketId: null, p2pClientId: null, retain: false,
};
const standard = (limitBytes?: number) => documents({}, { edition: 'standard', ...(limitBytes !== undefined && { limitBytes }) });

describe('E6 B5 a standard storage that is full', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  let neighbour: RedisStore;
  beforeAll(async () => {
    storage = await startStorage('redis', standard(LIMIT));
    gateway = await startTestGateway(storage);
    neighbour = new RedisStore({ url: storage.redis!.url, username: null, password: null, storageId: 'neighbour', commandTimeoutMs: 2_000 });
    await neighbour.open();
  });
  afterAll(async () => {
    await neighbour?.close();
    await gateway?.stop();
    await storage?.close();
  });

  it('acknowledges nothing more, while its neighbour on the same server stores on and loses nothing', async () => {
    neighbour.limitTo(100 * KIBIBYTE);
    expect(await neighbour.append('g', 1, [theirs, theirs])).toMatchObject([{ ok: true }, { ok: true }]);
    const client = await connect(gateway, 'GID_main@@@fills');
    for (let stored = 0; stored < 5; stored++) await client.publishAsync('demo/x', PAYLOAD, { qos: 1 });
    const over = client.publishAsync('demo/x', PAYLOAD, { qos: 1 }).then(() => 'acknowledged', () => 'refused');
    await closed(client);
    await client.endAsync(true);
    expect(await over).toBe('refused');
    expect(await neighbour.append('g', 2, [theirs])).toMatchObject([{ ok: true }]);
    expect(await neighbour.trim({ retentionSeconds: 3600, storedMessages: 1_000_000 })).toBe(0);
    expect((await neighbour.statistics()).messages).toBe(3);
  });

  it('takes messages again as soon as a larger part was handed over, with its gateway where it is', async () => {
    await storage.handOver(standard(LIMIT * 4));
    const { client, until } = await connectAndCollect(gateway, 'GID_main@@@again');
    await client.subscribeAsync('demo/y', { qos: 1 });
    await expect.poll(async () => {
      const each = await connect(gateway, 'GID_main@@@tries');
      return each.publishAsync('demo/y', 'room', { qos: 1 }).then(() => true, () => false).finally(() => each.endAsync(true));
    }).toBe(true);
    expect((await until(1))[0]!.payload).toBe('room');
    await client.endAsync();
  });

  it('is not made smaller than what it holds: the hand-over is refused with a sentence, and nothing goes', async () => {
    const handOver = async (limitBytes: number): Promise<Answer> => {
      const store = storage.open();
      await store.open();
      const { storage: manifest } = standard(limitBytes);
      return takeIn({ store, storageId: STORAGE_ID, incoming: { storage: manifest, instance: null, secrets: null }, sealingKey: SEALING_KEY, hash: String(limitBytes) })
        .finally(() => store.close());
    };
    const before = await held();
    expect(await handOver(LIMIT)).toMatchObject({
      accepted: false, sentence: expect.stringMatching(/^E6: part of the shared store for storage instance "storage": got 1 MiB; allowed: at least 1 MiB: it holds 1 MiB; fix: raise/) as string,
    });
    expect(await handOver(LIMIT * 3)).toMatchObject({ accepted: true });
    expect(await held()).toBe(before);
  });

  async function held(): Promise<number> {
    const store = storage.open();
    await store.open();
    return store.statistics().then(({ messages }) => messages).finally(() => store.close());
  }
});
