/** The quickstart in Go, deployed from the generated module alone: the gateway's image is built from what the package carries. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileGo } from '../languages/go-module';
import { TestClient } from './clients';
import { DeployedStack, root } from './harness';

const home = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-deploy-go-'));
const key = { instanceId: 'quickstart', keyId: 'quickstart-key', secret: 'quickstart-secret' };

describe('quickstart in Go', () => {
  const stack = new DeployedStack('quickstart', [path.join(home, 'program')]);

  beforeAll(async () => {
    const { buildPackages } = (await import('../../scripts/lib/packages.mjs' as string)) as { buildPackages(): Promise<boolean> };
    await buildPackages();
    cpSync(path.join(root, 'examples/quickstart/go'), home, { recursive: true });
    await compileGo(home);
    await stack.deploy();
  });
  afterAll(async () => {
    await stack.cleanUp();
    rmSync(home, { recursive: true, force: true });
  });

  it('T5 sends and receives', async () => {
    const client = await TestClient.connect(stack.instance('quickstart').publicUrls['tcp']!, key, 'GID_demo@@@go');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/go', 'deployed from Go', 1);
    expect(await client.until(1)).toMatchObject([{ topic: 'demo/go', payload: 'deployed from Go' }]);
    await client.end();
  });

  it('a second plan is empty', async () => {
    const { code, text } = await stack.plan();
    expect(text).toContain('No changes');
    expect(code).toBe(0);
  });

  it('destroy leaves no container and no network', async () => {
    await stack.destroy();
    expect([await stack.containers(), await stack.networks()]).toEqual([[], []]);
  });
});
