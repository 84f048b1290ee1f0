/** Notifications of two replicas, each its own process: one is killed while it sends, one goes missing, the store goes away (E1, B5). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstanceManifest } from '../../lib/manifest/manifest';
import { takeIn } from '../../runtime/src/hand-over/take-in';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { startRedis, type TestRedis } from '../setup/redis';
import { api } from './api-harness';
import { documents, SEALING_KEY, STORAGE_ID } from './documents';
import { gatewayProcess, readiness, type GatewayProcess } from './gateway-process';
import { PATIENCE_MS } from './patience';
import { startReceiver, taken, WEBHOOK_SECRET, type Receiver } from './webhook-receiver';

const waiting = { timeout: 2 * PATIENCE_MS };

describe('the webhook of two replicas', () => {
  let redis: TestRedis;
  let receiver: Receiver;
  let gateways: GatewayProcess[];
  let handOvers = 0;

  const handOver = async (more: Partial<InstanceManifest> = {}): Promise<void> => {
    const store = new RedisStore({ url: redis.url, username: null, password: null, storageId: STORAGE_ID, commandTimeoutMs: 2_000 });
    await store.open();
    const declared = documents({ edition: 'platinum', replicas: 2, webhook: { url: receiver.url }, ...more });
    const secrets = { ...declared.secrets, webhookSecret: WEBHOOK_SECRET };
    const answer = await takeIn({ store, storageId: STORAGE_ID, incoming: { ...declared, secrets }, sealingKey: SEALING_KEY, hash: `h${++handOvers}` });
    await store.close();
    expect(answer).toMatchObject({ accepted: true });
  };
  const ask = (gateway: GatewayProcess) => api(gateway.httpPort);
  /** `alarm state`, newest first, as a replica tells it. */
  const alarmsOf = async (gateway: GatewayProcess): Promise<string[]> => (await ask(gateway)('GET', '/alarms')).body.alarms.map(({ alarm, state }: { alarm: string; state: string }) => `${alarm} ${state}`);
  const expiring: Partial<InstanceManifest> = { billing: 'prepaid', expiry: new Date(Date.now() + 2 * 86_400_000).toISOString() };

  beforeEach(async () => {
    redis = await startRedis({ appendfsync: 'always', config: { 'maxmemory-policy': 'noeviction' } });
    receiver = await startReceiver();
    await handOver();
    gateways = [await gatewayProcess(redis.url, '1'), await gatewayProcess(redis.url, '2')];
    await gateways[0]!.start();
  });
  afterEach(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.cleanUp()));
    await receiver?.close();
    await redis?.stop();
  });

  it('E1 is told that the instance is runnable when the last replica is ready, and of what the replica that sends was killed over', async () => {
    await expect.poll(() => gateways[0]!.log(), waiting).toContain('gateway is ready');
    // an alarm that is told and taken proves that somebody judges and sends; and yet the instance is not runnable
    await handOver(expiring);
    await expect.poll(() => receiver.named(), waiting).toEqual(['alarm-raised expiry']);
    await gateways[1]!.start();
    await expect.poll(() => receiver.named(), waiting).toEqual(['alarm-raised expiry', 'instance-runnable']);
    expect(receiver.deliveries.every(({ signed }) => signed)).toBe(true);

    // it gets the request and answers nothing
    receiver.respond = () => undefined;
    await handOver();
    await expect.poll(() => receiver.named().slice(2), waiting).toEqual(['alarm-cleared expiry']);
    const sender = gateways.find((gateway) => gateway.log().includes('alarm-cleared'))!;
    const survivor = gateways.find((gateway) => gateway !== sender)!;
    expect(survivor.log()).not.toContain('alarm-cleared');
    await sender.kill9();
    receiver.respond = taken;
    await expect.poll(() => receiver.named().slice(2), waiting).toEqual(['alarm-cleared expiry', 'alarm-cleared expiry']);
    const [lost, again] = receiver.deliveries.slice(2);
    expect([again!.body.id, again!.text, again!.signed]).toEqual([lost!.body.id, lost!.text, true]);
    await expect.poll(async () => (await ask(survivor)('GET', '/notifications')).body.notifications[0], waiting).toMatchObject({ id: lost!.body.id, state: 'delivered' });

    // and the one that was killed is missing, until it is back
    await expect.poll(() => receiver.named().slice(4), { timeout: 4 * PATIENCE_MS }).toEqual(['alarm-raised gateway-missing']);
    expect(receiver.deliveries[4]!.body.data).toMatchObject({ value: 1, threshold: 2, unit: 'gateways', message: '1 of 2 gateways are ready' });
    await sender.start();
    await expect.poll(() => receiver.named().slice(5), waiting).toEqual(['alarm-cleared gateway-missing']);
    for (const gateway of gateways) expect(await alarmsOf(gateway)).toEqual(['gateway-missing cleared', 'expiry cleared']);
    expect(receiver.named().filter((each) => each === 'instance-runnable')).toHaveLength(1);
  });

  it('E1 is told of a deploy that replaces every gateway, once', async () => {
    await gateways[1]!.start();
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable']);
    const before = [...gateways];
    for (const replica of ['1', '2']) {
      const next = await gatewayProcess(redis.url, replica, { revision: 'r2' });
      gateways.push(next);
      await next.start();
    }
    for (const old of before.reverse()) await old.stop();
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable', 'instance-runnable']);
    // whoever judges now has nothing to add
    await handOver(expiring);
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable', 'instance-runnable', 'alarm-raised expiry']);
    expect(new Set(receiver.deliveries.map(({ body }) => body.id)).size).toBe(3);
  });

  it('B5 a store that was away is told once, with its span, when it is back; meanwhile health says so on both', async () => {
    await gateways[1]!.start();
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable']);
    const since = Date.now();
    await redis.kill9();
    for (const { httpPort } of gateways) await expect.poll(async () => (await readiness(httpPort)).body, waiting).toMatchObject({ ready: false, reasons: [expect.stringMatching(/^the store is away/)] });
    await expect.poll(() => Date.now() - since, waiting).toBeGreaterThan(7_000); // shorter ones are not told
    await redis.restart();
    await expect.poll(() => receiver.named().slice(1), waiting).toEqual(['alarm-raised store-away', 'alarm-cleared store-away']);
    const { since: from, until, value } = receiver.deliveries[2]!.body.data as { since: string; until: string; value: number };
    expect(Date.parse(from)).toBeGreaterThanOrEqual(since - 1_000);
    expect(Date.parse(until)).toBeLessThanOrEqual(Date.now());
    expect(value).toBeGreaterThanOrEqual(5);
    // whoever judges next has nothing to add: what the other replica saw was the same
    await handOver(expiring);
    await expect.poll(() => receiver.named().slice(3), waiting).toEqual(['alarm-raised expiry']);
    for (const gateway of gateways) expect(await alarmsOf(gateway)).toEqual(['expiry raised', 'store-away cleared']);
  });
});
