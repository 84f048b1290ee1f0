import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, topic } from './documents';
import { clientOptions, closed, connect, connectAndCollect, connectCode, ENGINES, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

let count = 0;
/** A Client ID of its own for each test. */
const device = (group = 'GID_main'): string => `${group}@@@device-${++count}`;

describe.each(ENGINES)('messages on the %s engine', (engine) => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeAll(async () => {
    storage = await startStorage(engine);
    gateway = await startTestGateway(storage);
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
  });

  it.each(['tcp', 'tls', 'websocket', 'websocketTls'] as const)('P1 sends and receives over %s', async (listener) => {
    const { client, until } = await connectAndCollect(gateway, device(), { listener });
    await client.subscribeAsync('demo/+/x', { qos: 1 });
    await client.publishAsync(`demo/${listener}/x`, 'hello', { qos: 1 });
    expect(await until(1)).toEqual([{ topic: `demo/${listener}/x`, payload: 'hello', qos: 1, retain: false, dup: false }]);
    await client.endAsync();
  });

  it.each([0, 1, 2] as const)('T5 delivers QoS %i at the lower of published and granted', async (granted) => {
    const { client, until } = await connectAndCollect(gateway, device());
    await client.subscribeAsync(`demo/qos/${granted}`, { qos: granted });
    for (const qos of [0, 1, 2] as const) await client.publishAsync(`demo/qos/${granted}`, `q${qos}`, { qos });
    const got = await until(3);
    expect(got.map((m) => [m.payload, m.qos])).toEqual([['q0', 0], ['q1', Math.min(1, granted)], ['q2', Math.min(2, granted)]]);
    await client.endAsync();
  });

  it.each([false, true])('T3 keeps the order of one publisher, QoS 0, 1 and 2 mixed (clean session %s)', async (clean) => {
    const { client, until } = await connectAndCollect(gateway, device(), { clean });
    const order: number[] = []; // as it came: mqtt.js itself passes QoS 2 on only at PUBREL
    client.on('packetreceive', (packet) => { if (packet.cmd === 'publish') order.push(Number(packet.payload.toString())); });
    await client.subscribeAsync(`demo/order/${clean}/#`, { qos: 2 });
    const publisher = await connect(gateway, device());
    const sent = Array.from({ length: 300 }, (_, i) => publisher.publishAsync(`demo/order/${clean}/${i % 7}`, String(i), { qos: (i % 3) as 0 | 1 | 2 }));
    await Promise.all(sent);
    await until(300);
    expect(order).toEqual(Array.from({ length: 300 }, (_, i) => i));
    await Promise.all([client.endAsync(), publisher.endAsync()]);
  });

  it('T5 keeps QoS 1 for a persistent session that is away, in order, and nothing for a clean one', async () => {
    const [persistent, clean] = [device(), device()];
    for (const [id, isClean] of [[persistent, false], [clean, true]] as const) {
      const client = await connect(gateway, id, { clean: isClean });
      await client.subscribeAsync('demo/away/#', { qos: 1 });
      await client.endAsync();
    }
    const publisher = await connect(gateway, device());
    await Promise.all(Array.from({ length: 500 }, (_, i) => publisher.publishAsync(`demo/away/${i % 5}`, String(i), { qos: 1 })));
    await publisher.publishAsync('demo/away/0', 'not kept', { qos: 0 });
    // when it is here, the gateway has routed what was stored before: nothing of it comes live to who connects now
    const fence = await connectAndCollect(gateway, device());
    await fence.client.subscribeAsync('demo/fence', { qos: 1 });
    await publisher.publishAsync('demo/fence', 'stored after it', { qos: 1 });
    await fence.until(1);
    const back = await connectAndCollect(gateway, persistent, { clean: false });
    const got = await back.until(500);
    expect(got.map((m) => Number(m.payload))).toEqual(Array.from({ length: 500 }, (_, i) => i));
    const cleanBack = await connectAndCollect(gateway, clean);
    await pause(200);
    expect(cleanBack.messages).toEqual([]);
    expect(back.messages).toHaveLength(500);
    // acknowledged: nothing comes twice
    await back.client.endAsync();
    const again = await connectAndCollect(gateway, persistent, { clean: false });
    await pause(200);
    expect(again.messages).toEqual([]);
    await Promise.all([again.client.endAsync(), cleanBack.client.endAsync(), publisher.endAsync(), fence.client.endAsync()]);
  });

  it('T5 goes on live after catching up, without gap and without repetition, while messages keep coming', async () => {
    const id = device();
    const first = await connect(gateway, id, { clean: false });
    await first.subscribeAsync('demo/seam/#', { qos: 1 });
    await first.endAsync();
    const publisher = await connect(gateway, device());
    let sent = 0;
    let stop = false;
    const publishing = (async () => {
      while (!stop) await Promise.all(Array.from({ length: 20 }, () => publisher.publishAsync('demo/seam/x', String(sent++), { qos: 1 })));
    })();
    const more = async (): Promise<void> => { for (const enough = sent + 300; sent < enough;) await pause(5); };
    await more();
    const back = await connectAndCollect(gateway, id, { clean: false });
    await back.until(300); // it is catching up
    await more();
    stop = true;
    await publishing;
    const got = await back.until(sent);
    expect(got.map((m) => Number(m.payload))).toEqual(Array.from({ length: sent }, (_, i) => i));
    await Promise.all([back.client.endAsync(), publisher.endAsync()]);
  });

  it('T6 keeps QoS 2 for a persistent session exactly once over broken connections', async () => {
    // reconnects with its stores, as a client with a session must
    const { client, messages, until } = await connectAndCollect(gateway, device(), { clean: false, reconnectPeriod: 20 });
    await client.subscribeAsync('demo/twice/#', { qos: 2 });
    client.on('message', () => { if (messages.length % 37 === 0) client.stream.destroy(); }); // in the middle of handshakes
    const publisher = await connect(gateway, device());
    await Promise.all(Array.from({ length: 200 }, (_, i) => publisher.publishAsync('demo/twice/x', String(i), { qos: 2 })));
    await until(200);
    await pause(500);
    expect(messages.map((m) => Number(m.payload)).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    await Promise.all([client.endAsync(), publisher.endAsync()]);
  });

  it('T4 brings a P2P message to its client without a subscription, also when it is away, and to nobody else', async () => {
    const [target, other, sender] = [device(), device(), device()];
    const listener = await connectAndCollect(gateway, other);
    await listener.client.subscribeAsync('demo/#', { qos: 1 });
    const online = await connectAndCollect(gateway, target, { clean: false });
    const publisher = await connect(gateway, sender);
    await publisher.publishAsync(`demo/p2p/${target}`, 'now', { qos: 1 });
    expect((await online.until(1))[0]).toMatchObject({ topic: `demo/p2p/${target}`, payload: 'now', qos: 1 });
    await online.client.endAsync();
    await publisher.publishAsync(`demo/p2p/${target}`, 'later', { qos: 1 });
    const back = await connectAndCollect(gateway, target, { clean: false });
    expect((await back.until(1)).map((m) => m.payload)).toEqual(['later']);
    await publisher.publishAsync('demo/marker', 'marker', { qos: 1 });
    await listener.until(1);
    expect(listener.messages.map((m) => m.payload)).toEqual(['marker']);
    await Promise.all([listener.client.endAsync(), back.client.endAsync(), publisher.endAsync()]);
  });

  it('T6 gives a retained message to a new subscription, flagged, and forgets it on an empty payload', async () => {
    const publisher = await connect(gateway, device());
    await publisher.publishAsync('demo/retained/a', 'old', { qos: 1, retain: true });
    await publisher.publishAsync('demo/retained/a', 'new', { qos: 1, retain: true });
    await publisher.publishAsync('demo/retained/b', 'gone', { qos: 1, retain: true });
    await publisher.publishAsync('demo/retained/b', '', { qos: 1, retain: true });
    const { client, until, messages } = await connectAndCollect(gateway, device());
    await client.subscribeAsync('demo/retained/+', { qos: 1 });
    expect((await until(1))[0]).toMatchObject({ topic: 'demo/retained/a', payload: 'new', retain: true });
    await publisher.publishAsync('demo/retained/a', 'live', { qos: 1, retain: true });
    expect((await until(2))[1]).toMatchObject({ payload: 'live', retain: false }); // [MQTT-3.3.1-9]
    expect(messages).toHaveLength(2);
    await Promise.all([client.endAsync(), publisher.endAsync()]);
  });

  it('T6 fires a will when the connection breaks, and not after DISCONNECT', async () => {
    const { client, until, messages } = await connectAndCollect(gateway, device());
    await client.subscribeAsync('demo/wills/#', { qos: 1 });
    const polite = await connect(gateway, device(), { will: { topic: 'demo/wills/polite', payload: Buffer.from('no'), qos: 1, retain: false } });
    const broken = await connect(gateway, device(), { will: { topic: 'demo/wills/broken', payload: Buffer.from('yes'), qos: 1, retain: false } });
    await polite.endAsync();
    broken.stream.destroy();
    expect((await until(1))[0]).toMatchObject({ topic: 'demo/wills/broken', payload: 'yes' });
    await pause(200);
    expect(messages).toHaveLength(1);
    await client.endAsync();
  });

  it('C1 a second connection with the same Client ID takes over, and the session goes on', async () => {
    const id = device();
    const first = await connectAndCollect(gateway, id, { clean: false });
    await first.client.subscribeAsync('demo/over/#', { qos: 1 });
    const gone = closed(first.client);
    const second = await connectAndCollect(gateway, id, { clean: false });
    await gone;
    const publisher = await connect(gateway, device());
    await publisher.publishAsync('demo/over/x', 'to the second', { qos: 1 });
    expect((await second.until(1)).map((m) => m.payload)).toEqual(['to the second']);
    expect(first.messages).toEqual([]);
    await Promise.all([second.client.endAsync(), publisher.endAsync()]);
  });

  it('C1 a storm of connections with one Client ID leaves exactly one', async () => {
    const id = device();
    const clients = Array.from({ length: 12 }, () => {
      const { url, options } = clientOptions(gateway.port('tcp'), id, { clean: false });
      const client = mqtt.connect(url, options);
      client.on('error', () => undefined);
      return client;
    });
    const alive = (): number => clients.filter((client) => client.connected).length;
    for (let settled = 0; settled < 5; settled = alive() === 1 ? settled + 1 : 0) await pause(100);
    clients.forEach((client) => client.end(true));
  });

  it('UNSUBSCRIBE ends delivery, a clean session is forgotten, and a message may be large or empty', async () => {
    const id = device();
    const { client, until, messages } = await connectAndCollect(gateway, id, { clean: false });
    await client.subscribeAsync({ 'demo/un/a': { qos: 1 }, 'demo/un/b': { qos: 1 } });
    await client.unsubscribeAsync('demo/un/a');
    const publisher = await connect(gateway, device());
    await publisher.publishAsync('demo/un/a', 'no', { qos: 1 });
    await publisher.publishAsync('demo/un/b', Buffer.alloc(65_536, 'x'), { qos: 1 });
    await publisher.publishAsync('demo/un/b', '', { qos: 1 });
    await until(2);
    expect(messages.map((m) => m.payload.length)).toEqual([65_536, 0]);
    await client.endAsync();
    await (await connect(gateway, id, { clean: true })).endAsync(); // [MQTT-3.1.2-6]
    await publisher.publishAsync('demo/un/b', 'after', { qos: 1 });
    const back = await connectAndCollect(gateway, id, { clean: false });
    await pause(200);
    expect(back.messages).toEqual([]);
    await Promise.all([back.client.endAsync(), publisher.endAsync()]);
  });

  it('takes in a topic and a group while a client stays connected, and closes what was removed (I5)', async () => {
    const stays = await connectAndCollect(gateway, device());
    const leaves = await connect(gateway, device('GID_sub'), { keyId: 'sub-key' });
    let disconnected = false;
    stays.client.on('close', () => { disconnected = true; });
    const before = documents();
    await storage.handOver(documents(
      { groups: [before.instance.groups[0]!, { name: 'GID_new', account: 'main', remark: '' }] },
      { topics: [...before.storage.topics, topic('added')] },
    ));
    await closed(leaves);
    const fresh = await connectAndCollect(gateway, device('GID_new'));
    await fresh.client.subscribeAsync('added/x', { qos: 1 });
    await stays.client.publishAsync('added/x', 'new topic', { qos: 1 });
    expect((await fresh.until(1))[0]!.payload).toBe('new topic');
    expect(await connectCode(gateway, device('GID_sub'), { keyId: 'sub-key' })).toBe(2);
    await storage.handOver(before);
    await closed(fresh.client);
    stays.client.publish('added/x', 'gone', { qos: 1 }); // T1: refused, so the connection closes
    await closed(stays.client);
    expect(disconnected).toBe(true);
  });
});

describe.each(ENGINES)('two gateways on one storage (%s)', (engine) => {
  let storage: TestStorage;
  let gateways: TestGateway[];
  beforeAll(async () => {
    storage = await startStorage(engine);
    gateways = [await startTestGateway(storage, { replica: '1' }), await startTestGateway(storage, { replica: '2' })];
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await storage?.close();
  });

  it('each sees the messages of the other, in the order of one publisher (T3)', async () => {
    const a = await connectAndCollect(gateways[0]!, device());
    const b = await connectAndCollect(gateways[1]!, device());
    await a.client.subscribeAsync('demo/both', { qos: 1 });
    await b.client.subscribeAsync('demo/both', { qos: 1 });
    await Promise.all(Array.from({ length: 100 }, (_, i) => a.client.publishAsync('demo/both', String(i), { qos: 1 })));
    const expected = Array.from({ length: 100 }, (_, i) => String(i));
    expect((await a.until(100)).map((m) => m.payload)).toEqual(expected);
    expect((await b.until(100)).map((m) => m.payload)).toEqual(expected);
    await Promise.all([a.client.endAsync(), b.client.endAsync()]);
  });

  it('C1 a connection on the other gateway takes over with the session and what it missed', async () => {
    const id = device();
    const first = await connectAndCollect(gateways[0]!, id, { clean: false });
    await first.client.subscribeAsync('demo/move/#', { qos: 1 });
    const gone = closed(first.client);
    const second = await connectAndCollect(gateways[1]!, id, { clean: false });
    await gone;
    await second.client.endAsync();
    const publisher = await connect(gateways[0]!, device());
    await publisher.publishAsync('demo/move/x', 'kept', { qos: 1 });
    await publisher.publishAsync(`demo/p2p/${id}`, 'p2p', { qos: 1 });
    const third = await connectAndCollect(gateways[0]!, id, { clean: false });
    expect((await third.until(2)).map((m) => m.payload)).toEqual(['kept', 'p2p']);
    await Promise.all([third.client.endAsync(), publisher.endAsync()]);
  });
});

