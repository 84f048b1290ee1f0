/** Bytes that no client library sends. Whatever comes, the gateway lives on and others are served. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { documents } from './documents';
import { connect, connectAndCollect, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { connect as connectPacket, DISCONNECT, packet, PACKETS, PINGREQ, publish, subscribe } from './packets';
import { rawClient, signedConnect, type RawClient } from './raw-client';

const pubrel = (id: number): Buffer => Buffer.from([0x62, 2, id >> 8, id & 0xff]);
let count = 0;
const device = (): string => `GID_main@@@raw-${++count}`;

describe('named packets against a gateway with open admission', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeAll(async () => {
    storage = await startStorage('embedded', documents({ admission: { mode: 'open', anonymous: true }, loopbackOnly: true }));
    gateway = await startTestGateway(storage);
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
  });
  let raw: RawClient;
  afterEach(async () => {
    raw.socket.destroy();
    const { client, until } = await connectAndCollect(gateway, 'witness', { username: undefined, password: undefined });
    await client.subscribeAsync('still/alive', { qos: 1 });
    await client.publishAsync('still/alive', 'yes', { qos: 1 });
    await until(1);
    await client.endAsync();
  });

  it.each(PACKETS.filter((p) => p.first))('$name as the first packet (refused: $refused)', async ({ bytes, refused }) => {
    raw = await rawClient(gateway.port('tcp'));
    raw.send(bytes);
    if (refused === null) {
      expect(await raw.next('connack')).toMatchObject({ returnCode: 0 });
      return;
    }
    await raw.untilClosed();
    // [MQTT-3.1.2-2] only an unknown level is answered
    expect(raw.packets).toEqual(refused === 'protocol-level-unsupported' ? [expect.objectContaining({ cmd: 'connack', returnCode: 1 })] : []);
  });

  it.each(PACKETS.filter((p) => !p.first))('$name behind CONNECT (refused: $refused)', async ({ name, bytes, refused, level }) => {
    raw = await rawClient(gateway.port('tcp'));
    raw.send(connectPacket({ clientId: 'named', level: level ?? 4 }), bytes, PINGREQ);
    await raw.next('connack');
    if (refused !== null || name === 'DISCONNECT') await raw.untilClosed();
    else await raw.next('pingresp');
  });
});

describe('bytes that are valid one by one', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeAll(async () => {
    storage = await startStorage('embedded');
    gateway = await startTestGateway(storage);
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
  });
  const listen = async (filter: string): ReturnType<typeof connectAndCollect> => {
    const collected = await connectAndCollect(gateway, device());
    await collected.client.subscribeAsync(filter, { qos: 2 });
    return collected;
  };

  it('what is pipelined behind CONNECT is handled after it, and DISCONNECT ends the rest [MQTT-3.14.4-1]', async () => {
    const listener = await listen('demo/pipelined/#');
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(signedConnect(device()), ...Array.from({ length: 50 }, (_, i) => publish('demo/pipelined/a', String(i), 1, i + 1)), DISCONNECT, publish('demo/pipelined/a', 'late', 1, 99));
    expect((await listener.until(50)).map((m) => m.payload)).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    await raw.untilClosed();
    await pause(100);
    expect(listener.messages).toHaveLength(50);
    await listener.client.endAsync();
  });

  it('nothing is taken from a client whose CONNECT is refused', async () => {
    const listener = await listen('demo/refused/#');
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(connectPacket({ clientId: device() }), publish('demo/refused/a', 'x', 0));
    expect(await raw.next('connack')).toMatchObject({ returnCode: 4 });
    await raw.untilClosed();
    await pause(100);
    expect(listener.messages).toEqual([]);
    await listener.client.endAsync();
  });

  it('T5 a QoS 2 message sent again before PUBREL is stored once, also twice in one chunk', async () => {
    const listener = await listen('demo/dup/#');
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(signedConnect(device()), publish('demo/dup/a', 'once', 2, 5), publish('demo/dup/a', 'once', 2, 5), publish('demo/dup/a', 'once', 2, 5, 0x08));
    await raw.next('pubrec', 3);
    raw.send(publish('demo/dup/a', 'once', 2, 5, 0x08));
    await raw.next('pubrec', 4);
    raw.send(pubrel(5));
    await raw.next('pubcomp');
    raw.send(publish('demo/dup/a', 'second', 2, 5)); // the identifier is free again
    await raw.next('pubrec', 5);
    await listener.until(2);
    await pause(100);
    expect(listener.messages.map((m) => m.payload)).toEqual(['once', 'second']);
    raw.socket.destroy();
    await listener.client.endAsync();
  });

  it('a QoS 2 identifier that an earlier connection left open swallows no new message', async () => {
    const listener = await listen('demo/stale/#');
    const id = device();
    const before = await rawClient(gateway.port('tcp'));
    before.send(signedConnect(id, { clean: false }), publish('demo/stale/a', 'old', 2, 5));
    await before.next('pubrec');
    before.socket.destroy();
    const again = await rawClient(gateway.port('tcp'));
    again.send(signedConnect(id, { clean: false }), publish('demo/stale/a', 'old', 2, 5, 0x08));
    await again.next('pubrec');
    again.socket.destroy();
    const fresh = await rawClient(gateway.port('tcp'));
    fresh.send(signedConnect(id, { clean: false }), publish('demo/stale/a', 'new', 2, 5));
    await fresh.next('pubrec');
    await listener.until(2);
    await pause(100);
    expect(listener.messages.map((m) => m.payload)).toEqual(['old', 'new']);
    fresh.socket.destroy();
    await listener.client.endAsync();
  });

  it('PUBREL for nothing is answered [MQTT-4.3.3]', async () => {
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(signedConnect(device()), pubrel(77));
    expect(await raw.next('pubcomp')).toMatchObject({ messageId: 77 });
    raw.socket.destroy();
  });

  it('a flood of QoS 2 without PUBREL is cut at its bound, not kept', async () => {
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(signedConnect(device()));
    await raw.next('connack');
    for (let id = 1; id <= 1_100 && !raw.closed; id++) raw.send(publish('demo/flood', 'x', 2, id));
    await raw.untilClosed();
    expect(raw.packets.filter((p) => p.cmd === 'pubrec').length).toBeLessThanOrEqual(1_000);
  });

  it('[MQTT-3.1.2-24] a silent client is closed after one and a half keep-alive, one that pings is not', async () => {
    const [silent, pinging] = [await rawClient(gateway.port('tcp')), await rawClient(gateway.port('tcp'))];
    silent.send(signedConnect(device(), { keepAlive: 1 }));
    pinging.send(signedConnect(device(), { keepAlive: 1 }));
    const ping = setInterval(() => pinging.send(PINGREQ), 500);
    await silent.untilClosed();
    await pause(1_000);
    clearInterval(ping);
    expect(pinging.closed).toBe(false);
    pinging.socket.destroy();
  });

  it('a subscriber that stops reading costs bounded memory and delays nobody', async () => {
    const frozen = await rawClient(gateway.port('tcp'));
    frozen.send(signedConnect(device(), { clean: false }), subscribe([['demo/load', 1]]), subscribe([['demo/load', 0]]));
    await frozen.next('suback', 2);
    frozen.socket.pause();
    const listener = await listen('demo/load');
    const publisher = await connect(gateway, device());
    const before = process.memoryUsage().rss;
    const payload = Buffer.alloc(60_000, 'x');
    for (let i = 0; i < 1_000; i++) await publisher.publishAsync('demo/load', payload, { qos: 1 }); // 60 MB
    await listener.until(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
    expect(listener.messages).toHaveLength(1_000);
    frozen.socket.destroy();
    await Promise.all([listener.client.endAsync(), publisher.endAsync()]);
  });

  it('UNSUBSCRIBE of what was never subscribed is acknowledged [MQTT-3.10.4-5]', async () => {
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(signedConnect(device()), packet(0xa2, [0, 9], Buffer.from([0, 6]), 'demo/x'));
    expect(await raw.next('unsuback')).toMatchObject({ messageId: 9 });
    raw.socket.destroy();
  });
});
