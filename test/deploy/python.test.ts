/** The quickstart in Python, deployed from the wheel alone: the gateway's image is built from what the package carries. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installWithCdktn } from '../languages/cdktn';
import { TestClient } from './clients';
import { DeployedStack, root } from './harness';
import { docker, run } from './run';

const home = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-deploy-python-'));
const python = path.join(home, 'venv/bin/python');
const key = { instanceId: 'quickstart', keyId: 'quickstart-key', secret: 'quickstart-secret' };

describe('quickstart in Python', () => {
  const stack = new DeployedStack('quickstart', [python, path.join(root, 'examples/quickstart/python/main.py')]);

  beforeAll(async () => {
    const { buildPackages, packages } = (await import('../../scripts/lib/packages.mjs' as string)) as { buildPackages(): Promise<boolean>; packages(): { wheel: string } };
    await buildPackages();
    await run('python3', ['-m', 'venv', path.dirname(path.dirname(python))]);
    await run(python, ['-m', 'pip', 'install', '--quiet', packages().wheel, '-r', path.join(root, 'examples/quickstart/python/requirements.txt')]);
    await stack.deploy();
  });
  afterAll(async () => {
    await stack.cleanUp();
    rmSync(home, { recursive: true, force: true });
  });

  it('T5 sends and receives', async () => {
    const client = await TestClient.connect(stack.instance('quickstart').publicUrls['tcp']!, key, 'GID_demo@@@python');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/python', 'deployed from Python', 1);
    expect(await client.until(1)).toMatchObject([{ topic: 'demo/python', payload: 'deployed from Python' }]);
    await client.end();
  });

  it('runs the gateway of the package', async () => {
    const { id } = await stack.container('gateway');
    const inside = await docker('exec', id, 'sha256sum', '/opt/mqttgw/mqttgw.mjs');
    const bundled = await run('sha256sum', [path.join(root, 'runtime/dist/mqttgw.mjs')]);
    expect(inside.split(' ')[0]).toBe(bundled.split(' ')[0]);
  });

  it('a second plan is empty, though the folder that the package was unpacked to is gone', async () => {
    const { code, text } = await stack.plan();
    expect(text).toContain('No changes');
    expect(code).toBe(0);
  });

  it('cdktn in the place of cdktf, in TypeScript, finds nothing to change in it and takes over', async () => {
    const folder = path.join(home, 'cdktn');
    mkdirSync(folder);
    await installWithCdktn(folder);
    copyFileSync(path.join(root, 'examples/quickstart/main.ts'), path.join(folder, 'main.ts'));
    const another = new DeployedStack('quickstart', [path.join(folder, 'node_modules/.bin/tsx'), path.join(folder, 'main.ts')], {}, stack);
    const { text } = await another.plan();
    expect(text).toContain('No changes');
    await another.deploy();
    expect(another.instance('quickstart')).toEqual(stack.instance('quickstart'));
    await another.destroy();
    expect(await another.containers()).toEqual([]);
  });
});
