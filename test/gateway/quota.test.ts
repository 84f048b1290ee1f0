/** Metering, throttling and alarms (E2–E5, E7, T5) on real listeners. */
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS } from '../../runtime/src/events';
import { documents } from './documents';
import { collect, connect, connectAndCollect, ENGINES, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { PATIENCE_MS } from './patience';
import { field, packet } from './packets';
import { device, flood, listeningLogger, postpaid, prepaid, SPEC, TPS, WEIGHT } from './quota-helpers';
import { rawClient, signedConnect } from './raw-client';

const numbers = (messages: readonly { payload: string }[]): number[] => messages.map(({ payload }) => Number(payload));

describe.each(ENGINES)('one gateway with a specification (%s)', (engine) => {
  let storage: TestStorage;
  let gateway: TestGateway;
  const log = listeningLogger();
  let clients: MqttClient[] = [];
  const client = async (options: Parameters<typeof connect>[2] = {}, id = device()): Promise<MqttClient> => {
    const made = await connect(gateway, id, options);
    clients.push(made);
    return made;
  };
  const declare = async (declaration: ReturnType<typeof documents>): Promise<void> => {
    const before = log.named(EVENTS.viewChanged).length;
    await storage.handOver(declaration);
    await expect.poll(() => log.named(EVENTS.viewChanged).length).toBeGreaterThan(before);
  };
  beforeAll(async () => {
    storage = await startStorage(engine, postpaid());
    gateway = await startTestGateway(storage, { logger: log.logger });
  });
  afterEach(async () => {
    clients.forEach((each) => each.end(true));
    clients = [];
    await expect.poll(() => gateway.quota()!.gateway).toMatchObject({ connections: 0, subscriptions: 0 });
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
  });

  it('E4 the worked example: 100 clean sessions, six messages in and three out each, are 2800', async () => {
    const before = gateway.quota()!.totals;
    const all = await Promise.all(Array.from({ length: 100 }, () => client()));
    await Promise.all(all.map(async (each, i) => {
      const { until } = collect(each);
      await each.subscribeAsync(`demo/own/${i}`, { qos: 2 });
      for (const qos of [0, 1, 2] as const) await each.publishAsync(`demo/own/${i}`, 'received too', { qos });
      for (const qos of [1, 2, 2] as const) await each.publishAsync(`demo/nobody/${i}`, 'only sent', { qos });
      await until(3);
    }));
    const after = gateway.quota()!.totals;
    expect(after.receivedWeight - before.receivedWeight).toBe(100 * (1 + 2 * 2 + 3 * 5));
    expect(after.sentWeight - before.sentWeight).toBe(100 * (1 + 1 * 2 + 1 * 5));
  });

  it('E2 E3 postpaid is never throttled nor refused; an alarm is raised once, and cleared by a raised threshold', async () => {
    await declare(postpaid({ spec: { tps: TPS, connections: 5, subscriptions: 3 }, alarmThresholdPercent: { tps: 100, connections: 60, subscriptions: 70 } }));
    const all = await Promise.all(Array.from({ length: 7 }, () => client()));
    const granted = await all[0]!.subscribeAsync(['demo/a', 'demo/b', 'demo/c', 'demo/d', 'demo/e'], { qos: 1 });
    expect(granted.map(({ qos }) => qos)).toEqual([1, 1, 1, 1, 1]);
    const publishing = flood(all[1]!, 'demo/unlimited');
    await expect.poll(() => publishing.acknowledged.length * WEIGHT).toBeGreaterThan(TPS * 3 * 3);
    await expect.poll(() => gateway.quota()!.alarms.map(({ alarm }) => alarm).sort()).toEqual(['connections', 'subscriptions', 'tps']);
    await publishing.stop();
    for (const alarm of ['connections', 'subscriptions', 'tps']) expect(log.named(EVENTS.alarmRaised).filter((event) => event['alarm'] === alarm)).toHaveLength(1);
    expect(gateway.quota()).toMatchObject({ enforced: false, tpsShare: null, instance: { connections: 7, subscriptions: 5 } });
    await declare(postpaid({ spec: { tps: 1_000_000, connections: 50, subscriptions: 100 } }));
    await expect.poll(() => gateway.quota()!.alarms).toEqual([]);
    expect(log.named(EVENTS.alarmCleared)).toHaveLength(3);
    expect(log.named(EVENTS.throttleStarted)).toEqual([]);
  });

  it('E2 E5 prepaid holds its TPS, is fair to a modest client, and loses nothing that it acknowledged', async () => {
    const kept = device();
    const away = await client({ clean: false }, kept);
    await away.subscribeAsync('demo/flood/#', { qos: 1 });
    await away.endAsync();
    const publishers = await Promise.all([client(), client()]);
    const modest = await client();
    await declare(prepaid());
    const floods = publishers.map((each, i) => flood(each, `demo/flood/${i}`));
    await pause(500);
    const answered = (): number => floods.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
    const [begin, before] = [Date.now(), answered()];
    let overtaken = 0;
    let asked = 0;
    while (Date.now() - begin < 5_000) {
      const sent = answered();
      await modest.publishAsync('demo/modest', 'please', { qos: 1 });
      asked++;
      overtaken = Math.max(overtaken, answered() - sent);
      await pause(200);
    }
    const seconds = (Date.now() - begin) / 1_000;
    const weight = (answered() - before + asked) * WEIGHT;
    expect(weight / seconds).toBeGreaterThan(TPS * 0.6);
    expect(weight / seconds).toBeLessThan(TPS * 1.5); // without throttling: many times as much
    expect(overtaken).toBeLessThan(30); // a hundred of the flood are always waiting
    expect(gateway.quota()!.throttle.since).not.toBeNull();
    expect(log.named(EVENTS.throttleStarted)).toHaveLength(1);
    // a changed declaration sets free what waits
    await declare(postpaid({ spec: { ...SPEC, tps: 1_000_000 } }));
    await Promise.all(floods.map((each) => each.stop()));
    const back = await connectAndCollect(gateway, kept, { clean: false });
    clients.push(back.client);
    const got = await back.until(answered());
    floods.forEach(({ acknowledged }, i) => {
      expect(numbers(got.filter(({ topic }) => topic === `demo/flood/${i}`))).toEqual([...acknowledged].sort((a, b) => a - b));
    });
    await expect.poll(() => log.named(EVENTS.throttleEnded).length).toBe(1);
  });

  it('E5 paces what it sends: live to a clean session and from the log to a returning one, in order and complete', async () => {
    const id = device();
    const away = await client({ clean: false }, id);
    await away.subscribeAsync('demo/paced', { qos: 1 });
    await away.endAsync();
    const publisher = await client();
    await Promise.all(Array.from({ length: 150 }, (_, i) => publisher.publishAsync('demo/paced', String(i), { qos: 1 })));
    await declare(prepaid());
    const begin = Date.now();
    const back = await connectAndCollect(gateway, id, { clean: false });
    const live = await connectAndCollect(gateway, device());
    clients.push(back.client, live.client);
    await live.client.subscribeAsync('demo/live', { qos: 1 });
    const sent = Promise.all(Array.from({ length: 50 }, (_, i) => publisher.publishAsync('demo/live', String(i), { qos: 1 })));
    expect(numbers(await live.until(50))).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(numbers(await back.until(150))).toEqual(Array.from({ length: 150 }, (_, i) => i));
    await sent;
    // 150 × 5 to the persistent session, 50 × 2 in and out, less what may pass at once
    expect(Date.now() - begin).toBeGreaterThan(((150 * 5 + 50 * 2 * 2) / TPS - 1) * 1_000);
  });

  it('E5 QoS 2 and QoS 0 wait their turn too, and QoS 2 is stored once', async () => {
    await declare(prepaid());
    const { client: receiver, messages, until } = await connectAndCollect(gateway, device());
    clients.push(receiver);
    await receiver.subscribeAsync('demo/mixed', { qos: 2 });
    const publisher = await client();
    const begin = Date.now();
    await Promise.all(Array.from({ length: 90 }, (_, i) => publisher.publishAsync('demo/mixed', String(i), { qos: (i % 2) * 2 as 0 | 2 })));
    await until(90);
    expect(Date.now() - begin).toBeGreaterThan(((45 * 6 * 2) / TPS - 1) * 1_000);
    expect(new Set(numbers(messages)).size).toBe(90);
    expect(messages).toHaveLength(90);
  });

  it('E5 the keep-alive is suspended while a client is held back, and PINGREQ is answered', async () => {
    await declare(prepaid());
    const raw = await rawClient(gateway.port('tcp'));
    raw.send(signedConnect(device(), { keepAlive: 1 }));
    await raw.next('connack');
    const publish = (id: number): Buffer => packet(0x32, field('demo/keep'), [id >> 8, id & 0xff], Buffer.from('x'));
    raw.send(...Array.from({ length: 500 }, (_, i) => publish(i + 1)));
    await pause(300);
    raw.send(Buffer.from([0xc0, 0]));
    await raw.next('pingresp');
    expect(raw.packets.filter(({ cmd }) => cmd === 'puback').length).toBeLessThan(400); // what was sent before takes five seconds
    await raw.next('puback', 500); // silent for longer than its keep-alive
    expect(raw.closed).toBe(false);
    await raw.untilClosed(); // and now it is silent on its own account
  });

  it('E7 an expiry that is near is an alarm', async () => {
    await declare(prepaid({ expiry: new Date(Date.now() + 3 * 86_400_000).toISOString() }));
    const alarms = (): string[] => gateway.quota()!.alarms.map(({ alarm }) => alarm);
    await expect.poll(alarms).toContain('expiry');
    await declare(prepaid());
    await expect.poll(alarms).not.toContain('expiry');
  });

  it('T5 the cap on stored messages is an event with its count, and an alarm', async () => {
    const { limits } = documents().instance;
    await declare(postpaid({ limits: { ...limits, storedMessages: 50 } }));
    const publisher = await client();
    await Promise.all(Array.from({ length: 200 }, () => publisher.publishAsync('demo/capped', 'x', { qos: 1 })));
    await expect.poll(() => log.named(EVENTS.storedMessagesTrimmed).length, { timeout: PATIENCE_MS }).toBeGreaterThan(0);
    expect(log.named(EVENTS.storedMessagesTrimmed)[0]).toMatchObject({ cap: 50 });
    expect(Number(log.named(EVENTS.storedMessagesTrimmed)[0]!['messages'])).toBeGreaterThanOrEqual(100);
    await expect.poll(() => gateway.quota()!.alarms.map(({ alarm }) => alarm)).toContain('stored-messages');
  });
});
