/** docs/operations.md: backup and restore of a store, with the commands that stand there. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEnvironment } from '../setup/environment';
import { TestClient } from './clients';
import { DeployedStack, root } from './harness';
import type { Playground } from './programs/playground';
import { run } from './run';

const [BACKUP = '', RESTORE = ''] = [...readFileSync(path.join(root, 'docs/operations.md'), 'utf8').matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code);

describe('B5 a store that is backed up and restored', () => {
  const stack = new DeployedStack('backup', 'test/deploy/programs/playground.ts');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-backup-'));
  const key = { instanceId: 'backup', keyId: 'key', secret: 'playground-secret-71c2' };
  let url: string;
  beforeAll(async () => {
    const playground: Playground = { stack: 'backup', regions: { here: 'here' }, firstPort: 23883, storages: { a: {} }, bound: 'a', topics: ['demo'], groups: ['GID_test'] };
    stack.set({ PLAYGROUND: JSON.stringify(playground) });
    await stack.deploy();
    url = stack.instance('backup').publicUrls['tcp']!;
  });
  afterAll(async () => {
    await stack.cleanUp();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As on the page, for this stack's store and its image. */
  const shell = async (commands: string): Promise<string> => {
    const { name } = await stack.container('store');
    const text = commands.replaceAll('factory-local-shared-store', name).replaceAll('redis:7.4', testEnvironment().images.store);
    return run('sh', ['-ec', text], { cwd: folder });
  };

  it('has what it had at the backup, and the gateway goes on by itself', async () => {
    const reader = await TestClient.connect(url, key, 'GID_test@@@reader', { clean: false });
    await reader.subscribe('demo/#', 1);
    await reader.end();
    const gateway = await stack.container('gateway');
    const send = async (payload: string): Promise<void> => {
      const sender = await TestClient.connect(url, key, 'GID_test@@@sender', { reconnectPeriod: 200, reconnectOnConnackError: true });
      await sender.publish('demo/x', payload, 1);
      await sender.end();
    };
    await send('before the backup');
    await shell(BACKUP);
    await send('after the backup');
    await shell(RESTORE);
    await send('after the restore');

    const again = await TestClient.connect(url, key, 'GID_test@@@reader', { clean: false, reconnectPeriod: 200, reconnectOnConnackError: true });
    expect((await again.until(2)).map(({ payload }) => payload)).toEqual(['before the backup', 'after the restore']);
    await again.end();
    expect((await stack.container('gateway')).pid).toBe(gateway.pid);
    expect((await stack.plan()).code).toBe(0);
  });
});
