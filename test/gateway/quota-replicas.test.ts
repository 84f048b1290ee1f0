/** The ceilings of an instance hold for all its gateways together (E5), and its alarms are told once (E3). */
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS } from '../../runtime/src/events';
import type { TestDocuments } from './documents';
import { connect, connectCode, ENGINES, pause, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { PATIENCE_MS } from './patience';
import { device, flood, listeningLogger, postpaid, prepaid, SPEC, TPS, WEIGHT } from './quota-helpers';

describe.each(ENGINES)('two gateways with one specification (%s)', (engine) => {
  let storage: TestStorage;
  let gateways: TestGateway[];
  const logs = [listeningLogger(), listeningLogger()];
  let clients: MqttClient[] = [];
  const client = async (gateway: number, id = device()): Promise<MqttClient> => {
    const made = await connect(gateways[gateway]!, id);
    clients.push(made);
    return made;
  };
  const declare = async (declaration: TestDocuments): Promise<void> => {
    const before = logs.map((log) => log.named(EVENTS.viewChanged).length);
    await storage.handOver(declaration);
    for (const [i, log] of logs.entries()) await expect.poll(() => log.named(EVENTS.viewChanged).length).toBeGreaterThan(before[i]!);
  };
  /** Both see the same of the whole instance. */
  const known = (what: 'connections' | 'subscriptions', value: number): Promise<void> =>
    expect.poll(() => gateways.map((gateway) => gateway.quota()!.instance[what])).toEqual([value, value]);
  beforeAll(async () => {
    storage = await startStorage(engine, prepaid());
    gateways = [await startTestGateway(storage, { replica: '1', logger: logs[0]!.logger }), await startTestGateway(storage, { replica: '2', logger: logs[1]!.logger })];
  });
  afterEach(async () => {
    clients.forEach((each) => each.end(true));
    clients = [];
    await expect.poll(() => gateways.map((gateway) => gateway.quota()!.gateway.connections)).toEqual([0, 0]);
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await storage?.close();
  });

  it('E5 above the connections ceiling CONNECT is refused with 3, on either gateway; a take-over is not', async () => {
    await declare(prepaid({ spec: { ...SPEC, connections: 4 } }));
    await known('connections', 0);
    const id = device();
    for (const [gateway, name] of [[0, id], [0, device()], [1, device()], [1, device()]] as const) await client(gateway, name);
    await known('connections', 4);
    expect(await connectCode(gateways[0]!, device())).toBe(3);
    expect(await connectCode(gateways[1]!, device())).toBe(3);
    expect(logs[1]!.named(EVENTS.connectRefused).at(-1)).toMatchObject({ returnCode: 3, reason: 'connections-ceiling' });
    expect(await connectCode(gateways[0]!, id)).toBe(0); // it leaves again, and one more may come
    await known('connections', 3);
    await client(1);
    await known('connections', 4);
    const raised = (): number => logs.flatMap((log) => log.named(EVENTS.alarmRaised)).filter((event) => event['alarm'] === 'connections').length;
    for (const gateway of gateways) await expect.poll(() => gateway.quota()!.alarms.map(({ alarm }) => alarm)).toContain('connections');
    expect(raised()).toBe(1); // one of them tells it, and both know it
    await declare(prepaid());
    expect(await connectCode(gateways[0]!, device())).toBe(0);
    for (const gateway of gateways) await expect.poll(() => gateway.quota()!.alarms).toEqual([]);
  });

  it('E5 above the subscriptions ceiling SUBACK carries 0x80, over both gateways; a filter that is replaced does not count', async () => {
    await declare(prepaid({ spec: { ...SPEC, subscriptions: 5 } }));
    const [a, b] = [await client(0), await client(1)];
    await a.subscribeAsync(['demo/1', 'demo/2'], { qos: 1 });
    await b.subscribeAsync(['demo/1', 'demo/2', 'demo/3'], { qos: 1 });
    await known('subscriptions', 5);
    expect((await a.subscribeAsync('demo/2', { qos: 2 })).map(({ qos }) => qos)).toEqual([2]);
    for (const [i, each] of [a, b].entries()) {
      const refused = await each.subscribeAsync('demo/9', { qos: 1 }).then((granted) => granted[0]!.qos, () => 128);
      expect(refused).toBe(128);
      expect(logs[i]!.named(EVENTS.subscribeRefused).at(-1)).toMatchObject({ reason: 'subscriptions-ceiling', filter: 'demo/9' });
    }
    await b.unsubscribeAsync('demo/3');
    await known('subscriptions', 4);
    expect((await a.subscribeAsync('demo/9', { qos: 1 })).map(({ qos }) => qos)).toEqual([1]);
    a.end(true);
    await known('subscriptions', 2);
  });

  it('E5 the TPS ceiling holds for both together, and goes to where it is asked for', async () => {
    await declare(prepaid());
    const publishers = [await client(0), await client(1)];
    const floods = publishers.map((each, i) => flood(each, `demo/both/${i}`));
    const measure = async (seconds: number): Promise<number[]> => {
      const [begin, before] = [Date.now(), floods.map(({ acknowledged }) => acknowledged.length)];
      await pause(seconds * 1_000);
      return floods.map(({ acknowledged }, i) => ((acknowledged.length - before[i]!) * WEIGHT * 1_000) / (Date.now() - begin));
    };
    await pause(1_000);
    const both = await measure(9); // over several exchanges: also while the parts are found
    expect(both[0]! + both[1]!).toBeLessThan(TPS * 1.5); // each for itself: twice as much
    expect(both[0]! + both[1]!).toBeGreaterThan(TPS * 0.6);
    for (const rate of both) expect(rate).toBeGreaterThan(TPS * 0.2);
    await floods[1]!.stop();
    // its demand fades, then the other's part grows
    await expect.poll(async () => (await measure(4))[0], { timeout: PATIENCE_MS }).toBeGreaterThan(TPS * 0.65);
    expect((await measure(4))[0]).toBeLessThan(TPS * 1.5);
    await declare(postpaid());
    await floods[0]!.stop();
  });
});
