import net from 'node:net';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from './documents';
import { connectAndCollect, connectCode, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

describe('open admission with anonymous clients', () => {
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
  const anonymous = { username: undefined, password: undefined };

  it.each(['', 'x', 'any/thing+at#all', '__proto__', 'y'.repeat(500)])('takes the Client ID %j', async (clientId) => {
    expect(await connectCode(gateway, clientId, anonymous)).toBe(0);
  });

  it('[MQTT-3.1.3-8] refuses an empty Client ID that wants its session kept', async () => {
    const socket = net.connect(gateway.port('tcp'), '127.0.0.1');
    socket.write(Buffer.from('100c00044d51545404' + '00' + '000a' + '0000', 'hex')); // flags 0: session kept, no will, no username
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect([...answer]).toEqual([0x20, 2, 0, 2]);
    socket.destroy();
  });

  it('[MQTT-4.7.2-1] a leading wildcard does not match a topic that starts with $', async () => {
    const { client, until } = await connectAndCollect(gateway, 'dollar', anonymous);
    await client.subscribeAsync(['#', '+/x', '$own/#'], { qos: 1 });
    await client.publishAsync('$own/x', 'by name', { qos: 1 });
    await client.publishAsync('own/x', 'marker', { qos: 1 });
    expect((await until(2)).map((m) => m.payload)).toEqual(['by name', 'marker']);
    await client.endAsync();
  });

  it('takes any topic and filter, and keeps sessions', async () => {
    const { client, until } = await connectAndCollect(gateway, 'anything', { ...anonymous, clean: false });
    await client.subscribeAsync(['#', '+/x', '/a/b'], { qos: 1 });
    for (const topic of ['/a/b', 'no/parent/declared', 'a', 'x/p2p/y']) await client.publishAsync(topic, topic, { qos: 1 });
    expect((await until(4)).map((m) => m.topic)).toEqual(['/a/b', 'no/parent/declared', 'a', 'x/p2p/y']);
    await client.endAsync();
    const other = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.port('tcp')}`, { protocolVersion: 4, reconnectPeriod: 0 });
    await other.publishAsync('while/away', 'kept', { qos: 1 });
    const back = await connectAndCollect(gateway, 'anything', { ...anonymous, clean: false });
    expect((await back.until(1))[0]!.payload).toBe('kept');
    await Promise.all([back.client.endAsync(), other.endAsync()]);
  });
});

describe('open admission without anonymous clients', () => {
  it('A1 still wants a signed password', async () => {
    const storage = await startStorage('embedded', documents({ admission: { mode: 'open', anonymous: false }, loopbackOnly: true }));
    const gateway = await startTestGateway(storage);
    try {
      expect(await connectCode(gateway, 'any', { username: undefined, password: undefined })).toBe(4);
      expect(await connectCode(gateway, 'any', { password: 'wrong' })).toBe(4);
      expect(await connectCode(gateway, 'any')).toBe(0);
    } finally {
      await gateway.stop();
      await storage.close();
    }
  });
});
