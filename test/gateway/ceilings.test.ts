/** The ceilings of connections and subscriptions are exact over gateways and workers, whoever comes at the same moment (E5). */
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gatewayProcess, type GatewayProcess } from './gateway-process';
import { clientOptions, ENGINES, startStorage, startTestGateway, type ClientOptions, type TestGateway, type TestStorage } from './harness';
import { device, postpaid, prepaid, SPEC } from './quota-helpers';

const CEILING = 50;
const ATTEMPTS = 200;

let clients: MqttClient[] = [];

/** CONNACK code; an admitted client stays. */
async function code(port: number, clientId = device(), options: ClientOptions = {}): Promise<number> {
  const { url, options: settings } = clientOptions(port, clientId, options);
  try {
    clients.push(await mqtt.connectAsync(url, settings));
    return 0;
  } catch (error) {
    return (error as { code?: number }).code ?? -1;
  }
}

/** Many clients at the same moment, spread over the gateways. */
const rush = (ports: readonly number[], attempts = ATTEMPTS, options: ClientOptions = {}): Promise<number[]> =>
  Promise.all(Array.from({ length: attempts }, (_, i) => code(ports[i % ports.length]!, device(), options)));

/** Granted QoS or 128 of each client's filters, all asked for at the same moment. */
const subscribeAll = async (filters: (i: number) => string[]): Promise<number[]> => (await Promise.all(clients.map((client, i) => client.subscribeAsync(filters(i), { qos: 1 }).then(
  (granted) => granted.map(({ qos }) => qos as number),
  ({ packet }: { packet: { granted: number[] } }) => packet.granted, // one that was refused is an error to the library
)))).flat();

const count = (codes: readonly number[], wanted: number): number => codes.filter((each) => each === wanted).length;

const leave = async (): Promise<void> => {
  await Promise.all(clients.map((client) => client.endAsync(true).catch(() => undefined)));
  clients = [];
};

describe.each(ENGINES)('three gateways with one specification (%s)', (engine) => {
  let storage: TestStorage;
  let gateways: TestGateway[];
  const ports = (): number[] => gateways.map((gateway) => gateway.port('tcp'));
  const declare = async (declaration: ReturnType<typeof prepaid>, spec = declaration.instance.spec): Promise<void> => {
    await storage.handOver(declaration);
    for (const gateway of gateways) await expect.poll(() => gateway.quota()).toMatchObject({ spec, enforced: declaration.instance.billing === 'prepaid' });
  };
  beforeAll(async () => {
    storage = await startStorage(engine, prepaid());
    gateways = await Promise.all(['1', '2', '3'].map((replica) => startTestGateway(storage, { replica })));
  });
  afterEach(async () => {
    await leave();
    for (const gateway of gateways) await expect.poll(() => gateway.quota()!.gateway.connections).toBe(0);
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await storage?.close();
  });

  it.each([true, false])('E5 admit exactly as many clients as the ceiling says, the others get code 3; clean session: %s', async (clean) => {
    await declare(prepaid({ spec: { ...SPEC, connections: CEILING } }));
    const codes = await rush(ports(), ATTEMPTS, { clean });
    expect([count(codes, 0), count(codes, 3)]).toEqual([CEILING, ATTEMPTS - CEILING]);
    expect(gateways.reduce((sum, gateway) => sum + gateway.quota()!.totals.refusedConnections, 0)).toBeGreaterThanOrEqual(ATTEMPTS - CEILING);
    await leave();
    await expect.poll(async () => {
      await leave();
      return count(await rush(ports(), CEILING), 0);
    }).toBe(CEILING); // every place has come back
  });

  it('C1 E5 a take-over at the ceiling needs no second place, from another gateway neither', async () => {
    await declare(prepaid({ spec: { ...SPEC, connections: 2 } }));
    const id = device();
    expect(await code(ports()[0]!, id)).toBe(0);
    expect(await code(ports()[1]!)).toBe(0);
    expect(await code(ports()[2]!)).toBe(3);
    for (const gateway of [1, 2, 2, 0]) expect(await code(ports()[gateway]!, id)).toBe(0);
    expect(await code(ports()[2]!)).toBe(3);
  });

  it('E5 grant exactly as many subscriptions as the ceiling says, the others get 0x80', async () => {
    await declare(prepaid({ spec: { ...SPEC, subscriptions: CEILING } }));
    expect(count(await rush(ports(), 40), 0)).toBe(40);
    const granted = await subscribeAll((i) => [0, 1, 2, 3, 4].map((n) => `demo/${i}/${n}`));
    expect([count(granted, 1), count(granted, 128)]).toEqual([CEILING, 200 - CEILING]);
    expect(gateways.reduce((sum, gateway) => sum + gateway.quota()!.gateway.subscriptions, 0)).toBe(CEILING);
  });

  it('E2 postpaid refuses nobody', async () => {
    await declare(postpaid({ spec: { ...SPEC, connections: 5, subscriptions: 5 } }));
    expect(count(await rush(ports(), 20), 0)).toBe(20);
    expect(count(await subscribeAll((i) => [`demo/${i}`]), 1)).toBe(20);
  });
});

describe('a store that stops answering', () => {
  it('E5 B5 a place that was taken with an answer that never came is given back', async () => {
    const storage = await startStorage('redis', prepaid({ spec: { ...SPEC, connections: 1 } }));
    const gateway = await startTestGateway(storage);
    const redis = storage.redis!;
    try {
      expect(await code(gateway.port('tcp'))).toBe(0); // from now on Redis knows the script
      await leave();
      await expect.poll(() => gateway.quota()!.gateway.connections).toBe(0);
      process.kill(redis.pid!, 'SIGSTOP'); // it does what waits in its sockets when it goes on
      const unanswered = device();
      expect(await code(gateway.port('tcp'), unanswered, { clean: false })).toBe(3); // a session that stays, closed or not
      process.kill(redis.pid!, 'SIGCONT');
      const store = storage.open();
      await store.open();
      await expect.poll(() => store.readSession(unanswered)).not.toBeNull(); // else this shows nothing
      await store.close();
      await expect.poll(() => code(gateway.port('tcp'))).toBe(0);
    } finally {
      process.kill(redis.pid!, 'SIGCONT');
      await leave();
      await gateway.stop();
      await storage.close();
    }
  });
});

describe('two gateways of two workers each', () => {
  let storage: TestStorage;
  let gateways: GatewayProcess[] = [];
  beforeAll(async () => {
    storage = await startStorage('redis', prepaid({ spec: { ...SPEC, connections: CEILING, subscriptions: CEILING } }));
    gateways = await Promise.all(['1', '2'].map((replica) => gatewayProcess(storage.redis!.url, replica, { workers: 2 })));
    await Promise.all(gateways.map((gateway) => gateway.start()));
  });
  afterAll(async () => {
    await leave();
    await Promise.all(gateways.map((gateway) => gateway.cleanUp()));
    await storage?.close();
  });

  it('E5 T6 hold both ceilings to the place; those of a gateway that was killed come back when its lease has run out', async () => {
    const ports = gateways.map(({ port }) => port);
    const codes = await rush(ports);
    expect([count(codes, 0), count(codes, 3)]).toEqual([CEILING, ATTEMPTS - CEILING]);
    const granted = await subscribeAll((i) => [0, 1].map((n) => `demo/${i}/${n}`));
    expect([count(granted, 1), count(granted, 128)]).toEqual([CEILING, CEILING]);

    const ofFirst = clients.filter(({ options }) => options.port === ports[0]).length;
    expect(ofFirst).toBeGreaterThan(0);
    expect(ofFirst).toBeLessThan(CEILING);
    await gateways[0]!.kill9();
    let back = 0;
    await expect.poll(async () => {
      back += count(await rush([ports[1]!], 10), 0);
      return back;
    }, { timeout: 60_000, interval: 500 }).toBe(ofFirst);
    expect(count(await rush([ports[1]!], 10), 3)).toBe(10); // and no more than those
  });
});
