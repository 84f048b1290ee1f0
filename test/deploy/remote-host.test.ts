/** docs/deploying.md: an engine that is reached over TCP with TLS, by the certificates in a folder. The engine that the set-up starts has such a port. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEnvironment } from '../setup/environment';
import { TestClient } from './clients';
import { DeployedStack, root } from './harness';
import { attempt, docker, run } from './run';

const { engineTls, images } = testEnvironment();
const NOWHERE = 'unix:///nowhere/docker.sock';
const IMAGE = 'registry.example.com/mqttgw:0.1.0';
const [, BUILD = ''] = /^ *(docker build .*)$/m.exec(readFileSync(path.join(root, 'docs/deploying.md'), 'utf8')) ?? [];
const key = { instanceId: 'remote', keyId: 'key', secret: 'playground-secret-71c2' };

describe.skipIf(!engineTls)('an engine over TCP with TLS', () => {
  const { address, certPath } = engineTls ?? { address: '', certPath: '' };
  // what would be found without the Region's own address leads nowhere
  const stack = new DeployedStack('remote', 'test/deploy/programs/remote-host.ts', { DOCKER_HOST: NOWHERE, HOST: 'tcp', ADDRESS: address, CERT_PATH: certPath, IMAGE });

  beforeAll(async () => {
    // the command of the page, on the sources, with the image of the tests as its base
    const command = BUILD.replaceAll('node_modules/cdktf-mqtt-gateway/', '').replace('docker build', `docker build --build-arg BASE_IMAGE=${images.base}`);
    expect(command).toContain(`-t ${IMAGE} `);
    await run('sh', ['-c', command], { cwd: root, env: { DOCKER_HOST: `tcp://${address}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certPath } });
    await stack.deploy();
  });
  afterAll(async () => {
    await stack.cleanUp();
    await attempt('docker', ['image', 'rm', IMAGE]);
  });

  it.each(['tcp', 'tls'])('P1 sends and receives over %s, at the endpoints of the outputs', async (listener) => {
    const client = await TestClient.connect(stack.instance('remote').publicUrls[listener]!, key, `GID_test@@@${listener}`);
    await client.subscribe('demo/#', 1);
    await client.publish('demo/x', 'from far away', 1);
    expect(await client.until(1)).toMatchObject([{ topic: 'demo/x', payload: 'from far away' }]);
    await client.end();
  });

  it('runs the image that was built there', async () => {
    const [image, used] = [await docker('image', 'inspect', '--format', '{{.Id}}', IMAGE), await docker('inspect', '--format', '{{.Image}}', (await stack.container('gateway')).id)];
    expect(used).toBe(image);
  });

  it('a second plan is empty', async () => {
    const { code, text } = await stack.plan();
    expect(text).toContain('No changes');
    expect(code).toBe(0);
  });

  it('an engine does nothing for who has no certificate', async () => {
    stack.set({ CERT_PATH: undefined });
    const { code, text } = await stack.plan();
    expect(code).toBe(1);
    expect(text).toMatch(/HTTP request to an HTTPS server|tls:/);
    stack.set({ CERT_PATH: certPath });
  });

  it('destroy leaves nothing but the data', async () => {
    await stack.destroy();
    expect([await stack.containers(), await stack.networks(), await stack.volumes()]).toEqual([[], [], ['remote-there-shared-data']]);
  });
});
