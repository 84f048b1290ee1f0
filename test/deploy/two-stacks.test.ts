/** A storage that one stack declares, bound by an instance of another stack and of another program. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from './clients';
import { DeployedStack } from './harness';
import { docker } from './run';

const PROGRAM = 'test/deploy/programs/two-stacks.ts';
const keyOf = (instanceId: string) => ({ instanceId, keyId: 'key', secret: 'playground-secret-71c2' });

describe('two stacks', () => {
  const storage = new DeployedStack('team-storage', PROGRAM);
  const mqtt = new DeployedStack('team-mqtt', PROGRAM, {}, storage);
  const program = new DeployedStack('team-bills', 'test/deploy/programs/other-program.ts');
  beforeAll(async () => {
    await storage.deploy();
  });
  afterAll(async () => {
    await program.cleanUp();
    await mqtt.cleanUp({ keepFolder: true });
    await storage.cleanUp();
  });

  it('S2 topics stand before anything is bound', async () => {
    expect((await storage.containers()).map(({ role }) => role).sort()).toEqual(['hand-over', 'hand-over', 'store']);
    for (const { id } of await storage.containers('hand-over')) expect(await docker('logs', '--tail', '1', id)).toMatch(/^ACCEPTED /);
    expect((await storage.plan()).code).toBe(0);
  });

  it('I2 I3 an instance of another stack binds the storage and reaches its store', async () => {
    await mqtt.deploy();
    const client = await TestClient.connect(mqtt.instance('team-mqtt').publicUrls['tcp']!, keyOf('team-mqtt'), 'GID_test@@@one');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/x', 'across stacks', 1);
    expect(await client.until(1)).toMatchObject([{ payload: 'across stacks' }]);
    await client.end();
    expect([(await storage.plan()).code, (await mqtt.plan()).code]).toEqual([0, 0]);
  });

  it('I2 an instance of another program binds a storage by what its outputs say', async () => {
    const { storage_team_bills_attributes: attributes, storage_team_bills_secrets: secrets } = Object.fromEntries(
      Object.entries(storage.outputs).map(([name, value]) => [name.replaceAll('-', '_'), value])) as Record<string, Record<string, string>>;
    program.set({ BILLS: JSON.stringify(attributes), TF_VAR_password: secrets!['password'], TF_VAR_sealing_key: secrets!['sealingKey'] });
    await program.deploy();
    const client = await TestClient.connect(program.instance('team-bills').publicUrls['tcp']!, keyOf('team-bills'), 'GID_test@@@one');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/x', 'across programs', 1);
    expect(await client.until(1)).toMatchObject([{ payload: 'across programs' }]);
    await client.end();
    expect([(await storage.plan()).code, (await program.plan()).code]).toEqual([0, 0]);
  });
});
