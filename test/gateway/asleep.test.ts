/** A gateway that was asleep, or cut off from its store, for longer than its lease: its sessions may be ended meanwhile. */
import { afterEach, describe, expect, it } from 'vitest';
import { closed, collect, connect, ENGINES, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
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
