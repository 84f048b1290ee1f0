/** The backend example in both its languages, with the rights that a deployed backend user has, against a real gateway and store. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendUserRules } from '../../runtime/src/store/redis/acl';
import { testEnvironment } from '../setup/environment';
import { STORAGE_ID } from './documents';
import { connectAndCollect, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

const folder = path.resolve(import.meta.dirname, '../../examples/backend-worker');

describe('S1 the backend worker example', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeAll(async () => {
    storage = await startStorage('redis');
    const admin = new Redis(storage.redis!.url);
    await admin.call('ACL', ['SETUSER', 'worker', ...backendUserRules(STORAGE_ID, 'password of the worker')]);
    admin.disconnect();
    gateway = await startTestGateway(storage);
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
  });

  const start = (program: string, file: string, env: NodeJS.ProcessEnv): { output(): string; exited: Promise<number | null> } => {
    const child: ChildProcess = spawn(program, [path.join(folder, file)], {
      env: { ...process.env, REDIS_URL: storage.redis!.url.replace('//', '//worker:password%20of%20the%20worker@'), STORAGE_ID, ...env }, stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout!.on('data', (data: Buffer) => { output += data; });
    return { output: () => output, exited: new Promise((resolve) => child.once('exit', resolve)) };
  };

  it.each([
    ['Node', () => process.execPath, 'follow.mjs'],
    ['Python', () => testEnvironment().python, 'follow.py'],
  ])('S3 in %s tells who comes and goes', async (language, program, file) => {
    const follower = start(program(), file, { GROUP: 'GID_main', COUNT: '3' });
    await expect.poll(() => follower.output()).toContain('ready');
    const id = `GID_main@@@comes-${language}`;
    const device = await connectAndCollect(gateway, id);
    await device.client.endAsync();
    expect(await follower.exited).toBe(0);
    const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+(Z|\\+00:00)';
    const address = '(::ffff:)?127\\.0\\.0\\.1';
    const [ready, ...lines] = follower.output().trimEnd().split('\n');
    expect(ready).toBe('ready');
    for (const line of lines) expect(line).toMatch(new RegExp(`^${time} ${id} \\w+ ${address}$`));
    expect(lines.map((line) => line.split(' ')[2]).sort()).toEqual(['connect', 'disconnect', 'tcpclean']);
  });

  it.each([
    ['Node', () => process.execPath, 'worker.mjs'],
    ['Python', () => testEnvironment().python, 'worker.py'],
  ])('in %s answers what devices ask', async (language, program, file) => {
    const { output, exited } = start(program(), file, { COUNT: '3' });
    await expect.poll(output).toContain('ready');
    const id = `GID_main@@@asks-${language}`;
    const device = await connectAndCollect(gateway, id);
    for (const word of ['one', 'two', 'three']) await device.client.publishAsync('demo/requests/upper', word, { qos: 1 });
    const answers = await device.until(3);
    expect(answers.map(({ topic, payload }) => [topic, payload])).toEqual(['ONE', 'TWO', 'THREE'].map((word) => [`demo/p2p/${id}`, word]));
    expect(await exited).toBe(0);
    await device.client.endAsync();
  });
});
