/** T5 QoS 2 to its end: PUBCOMP is said only for a packet identifier that the store has forgotten. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectAndCollect, startFleet, type TestFleet } from './harness';
import { packet, publish } from './packets';
import { rawClient, signedConnect } from './raw-client';

const PUBREL = packet(0x62, [0, 7]);

describe('T5 a PUBREL that the store does not take', () => {
  let fleet: TestFleet;
  beforeAll(async () => { fleet = await startFleet('redis', 1); });
  afterAll(() => fleet?.stop());

  it('PUBCOMP after a failed releaseQos2 is never sent: the connection closes, and the next message with that identifier is stored', async () => {
    const [gateway] = fleet.gateways as [TestFleet['gateways'][number]];
    const redis = fleet.storage.redis!;
    const { client: watcher, until, messages } = await connectAndCollect(gateway, 'GID_main@@@watcher', { clean: false });
    await watcher.subscribeAsync('demo/#', { qos: 2 });
    const id = 'GID_main@@@publisher';
    const first = await rawClient(gateway.port('tcp'));
    first.send(signedConnect(id, { clean: false }));
    await first.next('connack');
    first.send(publish('demo/a', 'one', 2, 7));
    await first.next('pubrec');
    await until(1);

    await redis.kill9();
    first.send(PUBREL);
    await first.untilClosed();
    expect(first.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'pubrec']);

    await redis.restart();
    await expect.poll(() => gateway.status().ready).toBe(true);
    const second = await rawClient(gateway.port('tcp'));
    second.send(signedConnect(id, { clean: false }));
    expect(await second.next('connack')).toMatchObject({ returnCode: 0, sessionPresent: true });
    second.send(publish('demo/a', 'one', 2, 7, 0x08)); // DUP: as if PUBREC had been lost; it is stored already
    await second.next('pubrec');
    second.send(PUBREL);
    await second.next('pubcomp');
    second.send(publish('demo/a', 'two', 2, 7));
    await second.next('pubrec', 2);
    await until(2);
    expect(messages.map(({ payload }) => payload)).toEqual(['one', 'two']);
    second.socket.destroy();
    await watcher.endAsync();
  });
});
