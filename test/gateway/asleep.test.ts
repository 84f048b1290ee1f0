/** A gateway that was asleep, or cut off from its store, for longer than its lease: its sessions may be ended meanwhile. */
import { afterEach, describe, expect, it } from 'vitest';
import { closed, collect, connect, ENGINES, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { field, packet } from './packets';
import { PATIENCE_MS } from './patience';
import type { Store } from '../../runtime/src/store/contract';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startAll(engine: (typeof ENGINES)[number]): Promise<{ storage: TestStorage; store: Store; gateway: TestGateway }> {
  const storage = await startStorage(engine);
  cleanUps.push(() => storage.close());
  const store = storage.open();
  await store.open();
  cleanUps.push(() => store.close());
  const gateway = await startTestGateway(storage);
  cleanUps.push(() => gateway.stop());
  return { storage, store, gateway };
}

/** What another gateway does when this one's lease has run out. */
async function endAll(store: Store, clientIds: readonly string[]): Promise<void> {
  const ended = new Set<string>();
  await expect.poll(async () => {
    for (const record of await store.gateways()) await store.heartbeat(record, 0.001);
    await pause(5);
    for (const { session } of await store.deadSessions(100)) if (await store.endDeadSession(session)) ended.add(session.clientId);
    return ended.size;
  }).toBe(clientIds.length);
  expect([...ended].sort()).toEqual([...clientIds].sort());
}

describe.each(ENGINES)('C1 B5 a gateway whose lease had run out (%s)', (engine) => {
  it('closes the connections whose sessions were ended, also those that only listen', async () => {
    const { store, gateway } = await startAll(engine);
    const clientIds = ['GID_main@@@clean', 'GID_main@@@kept'];
    const clients = await Promise.all(clientIds.map((id) => connect(gateway, id, { clean: id.endsWith('clean') })));
    for (const client of clients) {
      cleanUps.push(() => client.endAsync(true).catch(() => undefined));
      await client.subscribeAsync('demo/listen', { qos: 0 });
    }
    await endAll(store, clientIds);
    await Promise.all(clients.map((client) => closed(client)));
    // and serves on
    const after = await connect(gateway, 'GID_main@@@after', { clean: false });
    cleanUps.push(() => after.endAsync(true).catch(() => undefined));
    const inbox = collect(after);
    await after.subscribeAsync('demo/after', { qos: 1 });
    await after.publishAsync('demo/after', 'still here', { qos: 1 });
    expect((await inbox.until(1))[0]).toMatchObject({ payload: 'still here' });
  });
});

describe('B5 T6 a client that says goodbye while the store is away', () => {
  it('leaves no will behind, although its last message is never answered [MQTT-3.14.4-3]', async () => {
    const { storage, gateway } = await startAll('redis');
    const watcher = await connect(gateway, 'GID_main@@@watcher');
    cleanUps.push(() => watcher.endAsync(true).catch(() => undefined));
    const inbox = collect(watcher);
    await watcher.subscribeAsync('demo/wills/#', { qos: 1 });
    const polite = await connect(gateway, 'GID_main@@@polite', { will: { topic: 'demo/wills/polite', payload: Buffer.from('no'), qos: 1, retain: false } });
    process.kill(storage.redis!.pid!, 'SIGSTOP');
    try {
      const gone = closed(polite);
      polite.stream.end(Buffer.concat([packet(0x32, field('demo/last'), [0, 1], 'x'), packet(0xe0)]));
      await gone;
      await expect.poll(() => gateway.quota()!.gateway.connections, { timeout: PATIENCE_MS }).toBe(1);
    } finally {
      process.kill(storage.redis!.pid!, 'SIGCONT');
    }
    await expect.poll(() => gateway.status().ready, { timeout: PATIENCE_MS }).toBe(true);
    await watcher.publishAsync('demo/wills/after', 'after', { qos: 1 });
    await inbox.until(1);
    expect(inbox.messages.map(({ payload }) => payload)).toEqual(['after']);
  });
});
