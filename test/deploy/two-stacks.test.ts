/** A storage that one stack declares, bound by an instance of another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from './clients';
import { DeployedStack } from './harness';
import { docker } from './run';

const PROGRAM = 'test/deploy/programs/two-stacks.ts';
const key = { instanceId: 'team-mqtt', keyId: 'key', secret: 'playground-secret-71c2' };

describe('two stacks', () => {
  const storage = new DeployedStack('team-storage', PROGRAM);
  const mqtt = new DeployedStack('team-mqtt', PROGRAM, {}, storage);
  beforeAll(async () => {
    await storage.deploy();
  });
  afterAll(async () => {
    await mqtt.cleanUp({ keepFolder: true });
    await storage.cleanUp();
  });

  it('S2 topics stand before anything is bound', async () => {
    expect((await storage.containers()).map(({ role }) => role).sort()).toEqual(['hand-over', 'store']);
    const { id } = await storage.container('hand-over');
    expect(await docker('logs', '--tail', '1', id)).toMatch(/^ACCEPTED /);
    expect((await storage.plan()).code).toBe(0);
  });

  it('I2 I3 an instance of another stack binds the storage and reaches its store', async () => {
    await mqtt.deploy();
    const client = await TestClient.connect(mqtt.instance('team-mqtt').publicUrls['tcp']!, key, 'GID_test@@@one');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/x', 'across stacks', 1);
    expect(await client.until(1)).toMatchObject([{ payload: 'across stacks' }]);
    await client.end();
    expect([(await storage.plan()).code, (await mqtt.plan()).code]).toEqual([0, 0]);
  });
});
