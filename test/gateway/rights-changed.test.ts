/** A5: rights hold at every delivery, not only at SUBSCRIBE. A1: a key is rotated without those who use another one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '../../lib/manifest/manifest';
import { documents, SECRETS } from './documents';
import { closed, connect, connectAndCollect, connectCode, startFleet, type TestFleet, type TestGateway } from './harness';

const ALL: Grant[] = [{ topic: 'demo', publish: true, subscribe: false }, { topic: 'other', publish: false, subscribe: true }];
const NO_READING: Grant[] = [{ topic: 'demo', publish: true, subscribe: false }];

describe.each([['redis', 2], ['embedded', 1]] as const)('rights that change on %s, %i gateways', (engine, count) => {
  let fleet: TestFleet;
  let first: TestGateway;
  let last: TestGateway;
  let number = 0;
  const id = () => `GID_main@@@r${++number}`;
  const limited = { keyId: 'limited-key', clean: false } as const;

  beforeAll(async () => {
    fleet = await startFleet(engine, count);
    [first, last] = [fleet.gateways[0]!, fleet.gateways.at(-1)!];
  });
  afterAll(async () => { await fleet?.stop(); });

  /** Resolves when every gateway goes by it. */
  async function grant(grants: Grant[]): Promise<void> {
    const { instance, ...rest } = documents();
    await fleet.storage.handOver({ ...rest, instance: { ...instance, accessKeys: instance.accessKeys.map((key) => (key.id === 'limited-key' ? { ...key, grants } : key)) } });
    const wanted = grants.some(({ topic, subscribe }) => topic === 'other' && subscribe) ? 1 : 128;
    for (const gateway of fleet.gateways) {
      const probe = await connect(gateway, id(), { keyId: 'limited-key' });
      await expect.poll(async () => (await probe.subscribeAsync('other/probe', { qos: 1 }).catch(() => [{ qos: 128 }]))[0]!.qos).toBe(wanted);
      await probe.endAsync();
    }
  }

  async function send(...topics: string[]): Promise<void> {
    const sender = await connect(last, id());
    for (const topic of topics) await sender.publishAsync(topic, topic, { qos: 1 });
    await sender.endAsync();
  }

  it('A5 a live subscription gets nothing any more once its right is gone, and again when it is back; the connection stays', async () => {
    await grant(ALL);
    const { client, until } = await connectAndCollect(first, id(), limited);
    await client.subscribeAsync('other/live/#', { qos: 1 });
    await send('other/live/1');
    await until(1);
    await grant(NO_READING);
    await send('other/live/2');
    await grant(ALL);
    await send('other/live/3');
    expect((await until(2)).map(({ topic }) => topic)).toEqual(['other/live/1', 'other/live/3']);
    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  it('A5 what waited for an absent client is not given to it without the right, on whichever gateway it comes back', async () => {
    await grant(ALL);
    const clientId = id();
    const before = await connect(first, clientId, limited);
    await before.subscribeAsync('other/away/#', { qos: 1 });
    await before.endAsync();
    await send('other/away/1', 'other/away/2');
    await grant(NO_READING);
    const back = await connectAndCollect(last, clientId, limited);
    await back.client.publishAsync('demo/alive', 'x', { qos: 1 }); // it may publish, so it is connected
    await grant(ALL);
    await send('other/away/3');
    expect((await back.until(1)).map(({ topic }) => topic)).toEqual(['other/away/3']);
    await back.client.endAsync();
  });

  it('A5 what was in flight is not sent again without the right', async () => {
    await grant(ALL);
    const clientId = id();
    // never acknowledges
    const silent = await connect(first, clientId, { ...limited, customHandleAcks: () => undefined });
    await silent.subscribeAsync('other/flight/#', { qos: 1 });
    const arrived = new Promise<void>((resolve) => silent.once('packetreceive', function each(packet) { if (packet.cmd === 'publish') resolve(); else silent.once('packetreceive', each); }));
    await send('other/flight/1');
    await arrived;
    silent.stream.destroy();
    await closed(silent);
    await grant(NO_READING);
    const back = await connectAndCollect(last, clientId, limited);
    await back.client.publishAsync('demo/alive', 'x', { qos: 1 });
    await grant(ALL);
    await send('other/flight/2');
    expect((await back.until(1)).map(({ topic, dup }) => [topic, dup])).toEqual([['other/flight/2', false]]);
    await back.client.endAsync();
  });

  it('A5 a member of a share without the right takes nothing from the others', async () => {
    await grant(ALL);
    const [without, other] = [await connectAndCollect(first, id(), limited), await connectAndCollect(last, id(), { clean: false })];
    for (const { client } of [without, other]) await client.subscribeAsync('$share/both/other/share/#', { qos: 1 });
    await grant(NO_READING);
    const topics = Array.from({ length: 10 }, (_, n) => `other/share/${n}`);
    await send(...topics);
    expect((await other.until(topics.length)).map(({ topic }) => topic).sort()).toEqual(topics);
    expect(without.messages).toEqual([]);
    await Promise.all([without, other].map(({ client }) => client.endAsync()));
  });

  it('A5 a retained message is not given without the right', async () => {
    await grant(NO_READING);
    const sender = await connect(last, id());
    await sender.publishAsync('other/kept', 'x', { qos: 1, retain: true });
    const { client, messages } = await connectAndCollect(first, id(), limited);
    await expect(client.subscribeAsync('other/#', { qos: 1 }).then(([granted]) => granted!.qos, () => 128)).resolves.toBe(128);
    expect(messages).toEqual([]);
    await sender.publishAsync('other/kept', '', { qos: 1, retain: true });
    await Promise.all([client.endAsync(), sender.endAsync()]);
    await grant(ALL);
  });

  it('A1 I5 a key gets another secret: its connections close on every gateway, those of other keys stay', async () => {
    const { instance, storage, secrets } = documents();
    const [rotated, kept] = [await Promise.all(fleet.gateways.map((gateway) => connect(gateway, id()))), await connect(first, id(), { keyId: 'limited-key' })];
    const gone = rotated.map(closed);
    const secret = 'kXy86-rotated-secret';
    await fleet.storage.handOver({ instance, storage, secrets: { ...secrets, accessKeys: { ...SECRETS, 'main-key': secret } } });
    await Promise.all(gone);
    for (const gateway of fleet.gateways) {
      expect(await connectCode(gateway, id())).toBe(4);
      expect(await connectCode(gateway, id(), { secret })).toBe(0);
    }
    await kept.publishAsync('demo/rotated', 'x', { qos: 1 });
    await kept.endAsync();
    await fleet.storage.handOver(documents());
    for (const gateway of fleet.gateways) await expect.poll(() => connectCode(gateway, id())).toBe(0);
  });
});
