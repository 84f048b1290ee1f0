/** A3: device credentials with real clients, on both engines, over two gateways. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceCredential } from '../../runtime/src/auth/credentials-service';
import { signPassword } from '../../runtime/src/auth/signature';
import { INSTANCE_ID } from './documents';
import {
  closed, collect, connect, connectAndCollect, connectCode, ENGINES, startStorage, startFleet, startTestGateway, type ClientOptions, type TestFleet, type TestGateway, type TestStorage,
} from './harness';
import { issuerOn, type Issuer } from './issuer';

let count = 0;
const device = (): string => `GID_main@@@d${++count}`;

function by({ clientId, deviceAccessKeyId, deviceAccessKeySecret }: DeviceCredential, more: { keyId?: string; instanceId?: string } = {}): ClientOptions {
  return {
    username: `DeviceCredential|${more.keyId ?? deviceAccessKeyId}|${more.instanceId ?? INSTANCE_ID}`, password: signPassword(deviceAccessKeySecret, clientId),
  };
}

describe.each(ENGINES)('A3 device credentials on the %s engine', (engine) => {
  let storage: TestStorage;
  let issuer: Issuer;
  let one: TestGateway;
  let two: TestGateway;
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await startFleet(engine, 2);
    storage = fleet.storage;
    [one, two] = [fleet.gateways[0]!, fleet.gateways[1]!];
    issuer = await issuerOn(storage);
  });
  afterAll(async () => {
    await issuer?.close();
    await fleet?.stop();
  });

  it('a registered device connects with its own secret, wherever, and works with the rights of its account', async () => {
    const credential = await issuer.service.registerDevice(device(), 'main');
    for (const gateway of [one, two]) {
      const { client, until } = await connectAndCollect(gateway, credential.clientId, by(credential));
      await client.subscribeAsync('demo/#', { qos: 1 });
      await client.publishAsync('demo/a', 'x', { qos: 1 });
      expect(await until(1)).toMatchObject([{ topic: 'demo/a', payload: 'x' }]);
      await client.endAsync();
    }
  });

  it('is refused with 4 for anybody else\'s credential, and with 5 for another instance', async () => {
    const [mine, other] = [await issuer.service.registerDevice(device(), 'main'), await issuer.service.registerDevice(device(), 'main')];
    expect(mine.deviceAccessKeyId).not.toBe(other.deviceAccessKeyId);
    const codes = [
      await connectCode(one, mine.clientId, by(mine)),
      await connectCode(one, mine.clientId, by(other)),
      await connectCode(one, mine.clientId, by({ ...mine, deviceAccessKeySecret: other.deviceAccessKeySecret })),
      await connectCode(one, mine.clientId, by(mine, { keyId: other.deviceAccessKeyId })),
      await connectCode(one, device(), by(mine)),
      await connectCode(one, mine.clientId, by(mine, { instanceId: 'another' })),
    ];
    expect(codes).toEqual([0, 4, 4, 4, 4, 5]);
    expect(await connectCode(one, 'nobody', by(mine))).toBe(2);
  });

  it('a refreshed credential closes its connection on any gateway, fires no will, and only the new secret works', async () => {
    const before = await issuer.service.registerDevice(device(), 'main');
    const bystander = await issuer.service.registerDevice(device(), 'main');
    const client = await connect(two, before.clientId, { ...by(before), will: { topic: 'demo/will', payload: Buffer.from('x'), qos: 1, retain: false } });
    const other = await connect(two, bystander.clientId, by(bystander));
    const seen = collect(other);
    await other.subscribeAsync('demo/#', { qos: 1 });
    const gone = closed(client);
    const after = await issuer.service.refreshDevice(before.clientId, 'main');
    await gone;
    expect(after.deviceAccessKeyId).toBe(before.deviceAccessKeyId);
    expect(await connectCode(one, before.clientId, by(before))).toBe(4);
    const back = await connect(two, after.clientId, by(after));
    await back.publishAsync('demo/after', 'x', { qos: 1 });
    await seen.until(1);
    expect(seen.messages.map(({ topic }) => topic)).toEqual(['demo/after']);
    await other.endAsync();
    await back.endAsync();
  });

  it('an unregistered device is closed and stays out, also after a restart', async () => {
    const credential = await issuer.service.registerDevice(device(), 'main');
    const client = await connect(two, credential.clientId, by(credential));
    const gone = closed(client);
    await issuer.service.unregisterDevice(credential.clientId, 'main');
    await gone;
    expect(await connectCode(one, credential.clientId, by(credential))).toBe(4);
    const again = await issuer.service.registerDevice(credential.clientId, 'main');
    await two.stop();
    two = await startTestGateway(storage, { replica: '2' });
    expect(await connectCode(two, credential.clientId, by(credential))).toBe(4);
    expect(await connectCode(two, credential.clientId, by(again))).toBe(0);
  });

  it('A6 the store holds no secret in clear', async () => {
    const credential = await issuer.service.registerDevice(device(), 'main');
    const [record] = await issuer.store.readRecords('device-credential', [credential.clientId]);
    expect(record!.value).toContain(credential.deviceAccessKeyId);
    expect(record!.value).not.toContain(credential.deviceAccessKeySecret);
  });
});

describe('B5 a device while the store is away', () => {
  it('is refused with 3, and comes in when it is back', async () => {
    const storage = await startStorage('redis');
    const issuer = await issuerOn(storage);
    const gateway = await startTestGateway(storage);
    try {
      const credential = await issuer.service.registerDevice(device(), 'main');
      await issuer.close();
      await storage.redis!.kill9();
      await expect.poll(() => connectCode(gateway, credential.clientId, by(credential))).toBe(3);
      await storage.redis!.restart();
      await expect.poll(() => connectCode(gateway, credential.clientId, by(credential))).toBe(0);
    } finally {
      await gateway.stop();
      await storage.close();
    }
  });
});
