/** B6 direct push without Docker: `mqttgw dev`, and the commands of its containers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { instanceManifest, secrets, SEALING_KEY, storageManifest, topic } from '../../runtime/src/testing/documents';
import { freePorts, launch, mqttgw, portArguments, ROOT, startDev, synthesize, temporaryFolder } from './support';

const PROGRAM = path.join(ROOT, 'runtime/bin/mqttgw.mjs');

describe('B6 mqttgw dev with direct push', () => {
  let synth: string;
  beforeAll(async () => { synth = await synthesize('direct-push'); });

  it('runs, and its printed command sends and receives', async () => {
    const data = temporaryFolder();
    const ports = await freePorts();
    const certificate = (): string => readFileSync(path.join(data, 'development-certificate.pem'), 'utf8');
    const dev = await startDev(['--synth', synth, '--data', data], ports);
    expect(dev.stdout()).toContain('MQTT instance "live" is running with direct push (nothing is stored)');
    expect(dev.stdout()).toContain('Topics     prices');
    const command = dev.stdout().split('\n').find((line) => line.includes(' pub --url '))?.trim() ?? '';
    expect(await launch('sh', ['-c', command]).ended).toMatchObject({ code: 0, stdout: expect.stringContaining('prices/hello hello') as string });
    const before = certificate();
    expect((await dev.stop()).code).toBe(0);
    const again = await startDev(['--synth', synth, '--data', data], ports);
    expect(certificate()).toBe(before);
    await again.stop();
  });

  it.each([
    [['--store', 'redis://127.0.0.1:6379'], /"live" declares direct push, which stores nothing \(B6\), so --store has no meaning here; leave it out/],
    [['--workers', '2'], /direct push runs in one process, got 2 workers.*leave workers out/],
  ])('says that %j does not go with it', async (options, sentence) => {
    const { code, stderr } = await mqttgw(['dev', '--synth', synth, '--data', temporaryFolder(), ...options, ...portArguments(await freePorts())]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(sentence) as string });
  });
});

describe('B6 mqttgw serve --control', () => {
  it('says that nothing was handed over yet, takes a hand-over in, and needs none after a crash', async () => {
    const [folder, ports] = [temporaryFolder(), await freePorts()];
    const documents = path.join(folder, 'documents');
    mkdirSync(documents);
    const write = (file: string, content: unknown): void => writeFileSync(path.join(folder, file), JSON.stringify(content));
    const url = `http://127.0.0.1:${ports.http}`;
    const on = (port: number) => ({ bindAddress: '127.0.0.1', port });
    write('gateway.json', {
      version: 1, instanceId: 'quickstart', storageId: 'quickstart', replica: '1', revision: 'r', proxyProtocol: false, drainSeconds: 1, logLevel: 'info',
      listeners: { tcp: on(ports.tcp), http: on(ports.http) },
    });
    const control = { version: 1, kind: 'control', url, token: 'a token of more than thirty-two characters', sealingKey: SEALING_KEY };
    write('documents/control.json', control);
    write('documents/instance.json', instanceManifest({ binding: null, directPushTopics: [topic('demo')] }));
    write('documents/secrets.json', secrets());
    const serve = () => launch(process.execPath, [
      PROGRAM, 'serve', '--config', path.join(folder, 'gateway.json'), '--control', path.join(documents, 'control.json'), '--data', path.join(folder, 'kept'),
    ]);
    const readiness = () => fetch(`${url}/readyz`).then(async (answer) => [answer.status, await answer.json()], () => null);

    const first = serve();
    await expect.poll(readiness).toEqual([503, { ready: false, reasons: ['no declaration has been handed over yet'] }]);
    expect(await mqttgw(['apply', '--dir', documents])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ACCEPTED /) as string });
    expect(await readiness()).toMatchObject([200, { ready: true }]);
    first.child.kill('SIGKILL');
    await first.ended;

    const second = serve();
    await expect.poll(readiness).toMatchObject([200, { ready: true }]);
    const pub = ['pub', '--url', `mqtt://127.0.0.1:${ports.tcp}`, '--instance', 'quickstart', '--client-id', 'GID_demo@@@one', '--key-id', 'quickstart-key', '--key-secret', 'quickstart-secret'];
    expect(await mqttgw([...pub, '--topic', 'demo/x', '--message', 'hello', '--receive'])).toMatchObject({ code: 0, stdout: expect.stringContaining('demo/x hello') as string });

    write('documents/control.json', { ...control, token: 'another token of thirty-two characters' });
    expect(await mqttgw(['apply', '--dir', documents])).toMatchObject({ code: 1, stdout: expect.stringMatching(/REFUSED .*needs the token/) as string });
    write('documents/control.json', control);
    write('documents/instance.json', instanceManifest());
    write('documents/storage.json', storageManifest());
    expect(await mqttgw(['apply', '--dir', documents])).toMatchObject({ code: 1, stdout: expect.stringMatching(/REFUSED .*B6.*pushes directly/) as string });
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });

  it.each([[[]], [['--store', 'store.json', '--control', 'control.json']]])('takes one place, got %j', async (places) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'gateway.json'), JSON.stringify({
      version: 1, instanceId: 'one', storageId: 'one', replica: '1', revision: 'r', proxyProtocol: false, drainSeconds: 1, logLevel: 'info',
      listeners: { http: { bindAddress: '127.0.0.1', port: 0 } },
    }));
    expect(await mqttgw(['serve', '--config', path.join(folder, 'gateway.json'), ...places])).toMatchObject({ code: 2, stderr: 'mqttgw: serve takes either --store or --control\n' });
  });
});
