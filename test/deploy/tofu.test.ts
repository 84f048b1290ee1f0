/** OpenTofu in the place of Terraform, where it is: `node scripts/setup.mjs --with-tofu deploy` builds it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEnvironment } from '../setup/environment';
import { TestClient } from './clients';
import { DeployedStack } from './harness';

const { tofu } = testEnvironment();

const key = { instanceId: 'quickstart', keyId: 'quickstart-key', secret: 'quickstart-secret' };

describe.skipIf(!tofu)('OpenTofu', () => {
  const stack = new DeployedStack('quickstart', 'examples/quickstart/main.ts', { TERRAFORM_BINARY_NAME: tofu });

  beforeAll(() => stack.deploy());
  afterAll(() => stack.cleanUp());

  it('T5 sends and receives', async () => {
    const client = await TestClient.connect(stack.instance('quickstart').publicUrls['tcp']!, key, 'GID_demo@@@tofu');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/x', 'deployed by OpenTofu', 1);
    expect(await client.until(1)).toMatchObject([{ payload: 'deployed by OpenTofu' }]);
    await client.end();
  });

  it('a second plan is empty, and a second deploy changes no container', async () => {
    const { code, text } = await stack.plan();
    expect(text.replace(/\s+/g, ' ')).toContain('OpenTofu has compared your real infrastructure against your configuration and found no differences');
    expect(code).toBe(0);
    const before = await stack.containers();
    await stack.deploy();
    expect(await stack.containers()).toEqual(before);
  });

  it('destroy leaves no container and no network', async () => {
    await stack.destroy();
    expect([await stack.containers(), await stack.networks()]).toEqual([[], []]);
  });
});
