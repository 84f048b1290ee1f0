/** The way of a message, over the control API: two gateways on one Redis, one on the embedded engine. */
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { apiFleet } from './api-harness';
import { STORAGE_ID } from './documents';
import { connect, connectAndCollect } from './harness';
import { packet, subscribe } from './packets';
import { rawClient, signedConnect } from './raw-client';

describe.each([['redis', 2], ['embedded', 1]] as const)('traces of messages on %s, %i gateways', (engine, count) => {
  const fleet = apiFleet(engine, count);
  const { first, other, sub } = fleet;

  const trace = async (id: number, ask = other): Promise<any> => (await ask('GET', `/traces/messages/${id}`)).body;
  const states = async (id: number): Promise<string[]> => (await trace(id)).deliveries.map(({ clientId, state, qos }: any) => `${clientId} ${state} ${qos}`);
  const newest = async (topic: string): Promise<any> => (await other('GET', `/traces/messages?topic=${topic}&limit=1`)).body.messages[0];

  it('T5 T8 who was sent it, who has it, and for whom it waits, with times and addresses, whoever is asked', async () => {
    const [one, last] = [fleet.gateways[0]!, fleet.gateways.at(-1)!];
    const away = await connect(last, 'GID_main@@@away', { clean: false });
    await away.subscribeAsync('demo/trace/#', { qos: 1 });
    await away.endAsync();
    const clean = await connectAndCollect(last, 'GID_main@@@clean');
    await clean.client.subscribeAsync('demo/trace/+', { qos: 2 });
    const kept = await connectAndCollect(one, 'GID_main@@@kept', { clean: false });
    await kept.client.subscribeAsync('demo/trace/a', { qos: 1 });
    const casual = await connectAndCollect(one, 'GID_sub@@@casual', { keyId: 'sub-key' });
    await casual.client.subscribeAsync('demo/trace/a', { qos: 0 });
    const before = Date.now();
    const sender = await connect(one, 'GID_main@@@sender');
    await sender.publishAsync('demo/trace/a', 'traced', { qos: 2 });
    await Promise.all([clean.until(1), kept.until(1), casual.until(1)]);
    const { messageId } = await newest('demo');
    await expect.poll(() => states(messageId)).toEqual([
      'GID_main@@@away waiting 1', 'GID_main@@@clean acknowledged 2', 'GID_main@@@kept acknowledged 1', 'GID_sub@@@casual sent 0',
    ]);
    const told = await trace(messageId);
    expect(told).toMatchObject({
      messageId, topic: 'demo/trace/a', type: 'normal', qos: 2, size: 6, stored: true, complete: true,
      producer: { clientId: 'GID_main@@@sender', address: '127.0.0.1', origin: 'mqtt' },
    });
    for (const { at, sentAt, address, gatewayId } of told.deliveries.slice(1)) {
      expect(sentAt).toBeGreaterThanOrEqual(before);
      expect(at).toBeGreaterThanOrEqual(sentAt);
      expect([address, typeof gatewayId]).toEqual(['127.0.0.1', 'string']);
    }
    expect(told.deliveries[0]).toMatchObject({ at: null, sentAt: null, acknowledgedAt: null, address: null });
    expect(await trace(messageId, first)).toEqual(told);

    const back = await connectAndCollect(one, 'GID_main@@@away', { clean: false });
    await back.until(1);
    await expect.poll(async () => (await trace(messageId)).deliveries[0]).toMatchObject({ clientId: 'GID_main@@@away', state: 'acknowledged', acknowledgedAt: expect.any(Number), address: '127.0.0.1' });
    // A4: of clients of other accounts nothing is told
    expect(await trace(messageId, sub)).toMatchObject({ producer: { clientId: null, address: null }, deliveries: [{ clientId: 'GID_sub@@@casual', state: 'sent' }] });
    await Promise.all([sender, clean.client, kept.client, casual.client, back.client].map((client) => client.endAsync()));
    // what left with its clean session is known all the same
    expect(await states(messageId)).toEqual(['GID_main@@@away acknowledged 1', 'GID_main@@@clean acknowledged 2', 'GID_main@@@kept acknowledged 1', 'GID_sub@@@casual sent 0']);
  });

  it('T5 T6 a message that is in flight says so, and a QoS 2 one that was received', async () => {
    const raw = await rawClient(fleet.gateways[0]!.port('tcp'));
    raw.send(signedConnect('GID_main@@@stuck', { clean: false }), subscribe([['other/stuck', 2]]));
    await raw.next('suback');
    const { body: { messageId } } = await first('POST', '/messages', { topic: 'other/stuck', payload: 'x', qos: 2 });
    const { messageId: packetId } = await raw.next('publish') as { messageId: number };
    await expect.poll(() => trace(messageId)).toMatchObject({ producer: { clientId: null, address: null, origin: 'api' }, deliveries: [{ clientId: 'GID_main@@@stuck', state: 'sent', qos: 2 }] });
    raw.send(packet(0x50, [packetId >> 8, packetId & 0xff])); // PUBREC, and no PUBCOMP to the PUBREL that comes
    await raw.next('pubrel');
    await expect.poll(() => states(messageId)).toEqual(['GID_main@@@stuck received 2']);
    raw.socket.destroy();
    await expect.poll(async () => (await first('GET', '/clients/GID_main%40%40%40stuck')).body.online).toBe(false);
    expect(await states(messageId)).toEqual(['GID_main@@@stuck received 2']);
  });

  it('T4 a P2P message shows its target alone, and is hidden from other accounts', async () => {
    const { body: { messageId } } = await first('POST', '/messages', { topic: 'demo', payload: 'for you', clientId: 'GID_main@@@away' });
    await expect.poll(() => trace(messageId)).toMatchObject({ type: 'p2p', producer: { origin: 'api' }, deliveries: [{ clientId: 'GID_main@@@away', state: 'waiting' }], complete: true });
    expect(await sub('GET', `/traces/messages/${messageId}`)).toMatchObject({ status: 404, body: { code: 'message-unknown' } });
    expect((await first('GET', '/traces/messages?clientId=GID_main%40%40%40away')).body.messages.map((each: any) => each.messageId)).toEqual([messageId]);
    expect((await sub('GET', '/traces/messages?topic=demo')).body.messages.map((each: any) => each.messageId)).not.toContain(messageId);
  });

  it.runIf(engine === 'redis')('S1 what a backend service sent has the origin "storage"', async () => {
    const redis = new Redis(fleet.storage.redis!.url);
    await redis.xadd(`{${STORAGE_ID}}:in:demo`, '*', 'payload', 'from the backend', 'mqttSecondTopic', '/backend', 'clientId', 'GID_main@@@named');
    redis.disconnect();
    await expect.poll(() => newest('demo')).toMatchObject({ topic: 'demo/backend', producer: { clientId: 'GID_main@@@named', origin: 'storage' } });
  });

  it('the list goes over all topics, newest first, page by page', async () => {
    for (let i = 0; i < 12; i++) await first('POST', '/messages', { topic: i % 3 === 0 ? 'demo/list' : 'other/list', payload: `${i}` });
    const all = (await other('GET', '/traces/messages')).body.messages.map((each: any) => each.messageId);
    expect(all).toEqual([...all].sort((a: number, b: number) => b - a));
    for (const limit of [1, 5]) {
      const paged: number[] = [];
      for (let after = ''; paged.length < 500;) {
        const { messages, next } = (await other('GET', `/traces/messages?limit=${limit}${after}`)).body;
        expect(messages.length).toBeLessThanOrEqual(limit);
        paged.push(...messages.map((each: any) => each.messageId));
        if (next === null) break;
        after = `&after=${next}`;
      }
      expect(paged).toEqual(all);
    }
    const sent = (await other('GET', '/traces/messages?clientId=GID_main%40%40%40sender')).body.messages;
    expect(sent).toMatchObject([{ topic: 'demo/trace/a', producer: { clientId: 'GID_main@@@sender' } }]);
    expect((await other('GET', '/traces/messages?topic=other/list&limit=2')).body.messages).toMatchObject([{ topic: 'other/list' }, { topic: 'other/list' }]);
    expect((await other('GET', '/traces/messages?topic=demo/trace/%23')).body.messages).toEqual(sent);
    const { at } = sent[0].producer;
    expect((await other('GET', `/traces/messages?to=${at - 60_000}`)).body).toEqual({ messages: [], next: null });
    expect((await other('GET', `/traces/messages?topic=demo&from=${at}`)).body.messages.at(-1).messageId).toBe(sent[0].messageId);
  });

  it('what is not there, and what may not be asked, is told', async () => {
    expect(await first('GET', '/traces/messages/1')).toMatchObject({ status: 404, body: { code: 'message-unknown' } });
    expect(await first('GET', '/traces/messages/x')).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
    expect(await first('GET', '/traces/messages?topic=nothing')).toMatchObject({ status: 404, body: { code: 'topic-unknown' } });
    expect(await first('GET', '/traces/messages?topic=demo/a%23')).toMatchObject({ status: 400, body: { code: 'filter-malformed' } });
    expect(await sub('GET', '/traces/messages?clientId=GID_main%40%40%40away')).toMatchObject({ status: 403, body: { code: 'account-denied' } });
  });

  it('above its budget the trace has gaps, and says so', async () => {
    const reader = await connectAndCollect(fleet.gateways[0]!, 'GID_main@@@flooded');
    await reader.client.subscribeAsync('demo/flood', { qos: 0 });
    const sender = await connect(fleet.gateways[0]!, 'GID_main@@@flood');
    for (let i = 0; i < 6; i++) await Promise.all(Array.from({ length: 1_000 }, () => sender.publishAsync('demo/flood', 'x', { qos: 0 })));
    await sender.publishAsync('demo/flood', 'last', { qos: 1 });
    await reader.until(6_001);
    const { messageId } = await newest('demo');
    await expect.poll(async () => (await trace(messageId)).complete).toBe(false);
    await Promise.all([reader.client.endAsync(), sender.endAsync()]);
  });
});
