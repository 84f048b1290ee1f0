/** Reports over real gateways: two on one Redis, one on the embedded engine, one without a store; over kills and restarts. */
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionsAnswer, UsageAnswer } from '../../runtime/src/api/reports';
import { runCli } from '../../runtime/src/cli/program';
import { apiFleet, api, type TestApi } from './api-harness';
import { SECRETS } from './documents';
import { gatewayProcess } from './gateway-process';
import { clientOptions, connect, connectAndCollect, startStorage, startTestGateway, type TestGateway } from './harness';

/** A gateway writes every 10 s, and a busy machine is slow. */
const WRITTEN = { timeout: 60_000, interval: 500 };
const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;

async function usage(ask: TestApi, query = ''): Promise<UsageAnswer> {
  const { status, body } = await ask('GET', `/reports/usage?from=${minutesAgo(30)}${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

describe.each([['redis', 2], ['embedded', 1]] as const)('reports on %s, %i gateways', (engine, count) => {
  const fleet = apiFleet(engine, count);
  const { first, other, sub } = fleet;
  const started: TestGateway[] = [];

  afterEach(async () => { await Promise.all(started.splice(0).map((gateway) => gateway.stop())); });

  it('E4 what clients of all gateways send and receive, alike on every gateway, by topic, sub topic, QoS and type', async () => {
    const { client: receiver, until } = await connectAndCollect(fleet.gateways[0]!, 'GID_main@@@receiver');
    await receiver.subscribeAsync('demo/line/#', { qos: 1 });
    for (const gateway of fleet.gateways) {
      const sender = await connect(gateway, `GID_main@@@sender-${gateway.port('tcp')}`);
      for (let n = 0; n < 5; n++) await sender.publishAsync('demo/line/1', 'x'.repeat(100), { qos: 1 });
      await sender.publishAsync('demo/line/2', 'abc', { qos: 2 });
      await sender.publishAsync('other', 'abcd');
      await sender.publishAsync('demo/p2p/GID_main@@@receiver', 'me', { qos: 1 });
      await sender.endAsync();
    }
    await until(7 * count);
    expect((await first('POST', '/messages', { topic: 'other/api', payload: 'from above' })).status).toBe(201);
    await expect.poll(async () => (await usage(first)).total, WRITTEN)
      .toEqual({ messages: 8 * count + 1, bytes: 509 * count + 10, weighted: (5 * 2 + 5 + 1 + 2) * count + 2 });
    await expect.poll(async () => (await usage(other, '&side=consumer')).total, WRITTEN).toEqual({ messages: 7 * count, bytes: 505 * count, weighted: 7 * 2 * count });
    const messages = async (query: string): Promise<number> => (await usage(other, query)).total.messages;
    expect(await messages('&topic=demo')).toBe(7 * count);
    expect(await messages('&topic=demo&subTopic=line%2F1')).toBe(5 * count);
    expect(await messages('&topic=demo&subTopic=line%2F%2B')).toBe(6 * count);
    expect(await messages('&qos=2')).toBe(count);
    expect(await messages('&type=p2p')).toBe(count);
    expect(await messages('&topic=writeonly')).toBe(0);
    expect((await usage(first)).topics).toContainEqual({ topic: 'demo', subTopic: 'line/1', messages: 5 * count, bytes: 500 * count, weighted: 10 * count });
    const range = `from=${minutesAgo(30)}&to=${Date.now() - 15_000}&step=300000`;
    expect((await other('GET', `/reports/usage?${range}`)).body).toEqual((await first('GET', `/reports/usage?${range}`)).body);
    await receiver.endAsync();
  });

  it('E4 connections and subscriptions of all gateways together', async () => {
    const clients = await Promise.all(fleet.gateways.map(async (gateway, n) => {
      const client = await connect(gateway, `GID_main@@@there-${n}`);
      await client.subscribeAsync({ 'demo/a': { qos: 0 }, 'demo/b': { qos: 1 } });
      return client;
    }));
    const newest = async (): Promise<ConnectionsAnswer['points'][number]> => {
      const { body } = await other<ConnectionsAnswer>('GET', '/reports/connections');
      return body.points.at(-1)!;
    };
    // the sample of a minute is taken at its begin
    await expect.poll(newest, { timeout: 110_000, interval: 1_000 }).toMatchObject({ connections: count });
    expect((await newest()).subscriptions).toBeGreaterThanOrEqual(2 * count);
    await Promise.all(clients.map((client) => client.endAsync()));
  }, 150_000);

  it('a report outlasts its gateway', async () => {
    const before = (await usage(first)).total.messages;
    const gateway = await startTestGateway(fleet.storage, { replica: '9' });
    const client = await connect(gateway, 'GID_main@@@brief');
    for (let n = 0; n < 3; n++) await client.publishAsync('demo/brief', 'x', { qos: 1 });
    await client.endAsync();
    await gateway.stop(); // what it had not written yet it writes now
    await expect.poll(async () => (await usage(first)).total.messages, WRITTEN).toBe(before + 3);
    if (engine === 'embedded') return;
    const later = await startTestGateway(fleet.storage, { replica: '9' });
    started.push(later);
    expect((await usage(api(later.port('http')))).total.messages).toBe(before + 3);
  });

  it('every account reads them, as it reads topics and the instance; keys with grants do not', async () => {
    expect((await usage(sub)).total).toEqual((await usage(first)).total);
    expect((await sub('GET', '/reports/connections')).status).toBe(200);
    expect(await api(fleet.gateways[0]!.port('http'), 'limited-key')('GET', '/reports/usage')).toMatchObject({ status: 403, body: { code: 'access-denied' } });
  });

  it.each([
    ['a topic that there is not', 'usage', 'topic=nowhere', 404, 'topic-unknown'],
    ['a sub topic of no topic', 'usage', 'subTopic=x', 400, 'request-malformed'],
    ['a sub topic that is no filter', 'usage', 'topic=demo&subTopic=a%23', 400, 'filter-malformed'],
    ['a step that is no minute', 'usage', 'step=1000', 400, 'request-malformed'],
    ['a range that ends before it begins', 'connections', 'from=2000&to=1000', 400, 'request-malformed'],
    ['another side', 'usage', 'side=storage', 400, 'request-malformed'],
    ['QoS 3', 'usage', 'qos=3', 400, 'request-malformed'],
  ])('%s is refused', async (_what, report, query, status, code) => {
    expect(await first('GET', `/reports/${report}?${query}`)).toMatchObject({ status, body: { code } });
  });

  it('mqttgw report draws them, or prints the answer', async () => {
    const run = async (...args: string[]): Promise<string> => {
      let out = '';
      const stdout = { write: (text: string) => { out += text; return true; } } as unknown as NodeJS.WritableStream;
      expect(await runCli(args, { stdout, env: { MQTTGW_API_URL: `http://127.0.0.1:${fleet.gateways[0]!.port('http')}`, MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: SECRETS['main-key'] } })).toBe(0);
      return out;
    };
    const human = await run('report', '--topic', 'demo', '--last', '30m');
    expect(human).toMatch(/messages +\d+/);
    expect(human).toMatch(/[▁▂▃▄▅▆▇█]/);
    expect(human).toContain('line/1');
    const json = JSON.parse(await run('report', '--side', 'consumer', '--last', '3h', '--json')) as UsageAnswer;
    expect(json.points.length).toBeGreaterThanOrEqual(180);
    expect(await run('report', 'connections')).toContain('CONNECTIONS');
  });
});

describe('a gateway that is killed', () => {
  it('loses at most what it had not written yet, and its successor counts on', async () => {
    const storage = await startStorage('redis');
    const [victim, observer] = [await gatewayProcess(storage.redis!.url, '1', { workers: 2 }), await startTestGateway(storage, { replica: '2' })];
    const ask = api(observer.port('http'));
    const send = async (n: number): Promise<void> => {
      const { url, options } = clientOptions(victim.port, `GID_main@@@sends-${n}`);
      const client = await mqtt.connectAsync(url, options);
      await client.publishAsync('demo/x', 'x', { qos: 1 });
      await client.endAsync();
    };
    try {
      await victim.start();
      for (let n = 0; n < 10; n++) await send(n);
      await expect.poll(async () => (await usage(ask)).total.messages, WRITTEN).toBe(10);
      await victim.kill9();
      expect((await usage(ask)).total.messages).toBe(10);
      await victim.start();
      for (let n = 0; n < 5; n++) await send(n);
      await expect.poll(async () => (await usage(api(victim.httpPort))).total.messages, WRITTEN).toBe(15);
    } finally {
      await victim.cleanUp();
      await observer.stop();
      await storage.close();
    }
  });
});
