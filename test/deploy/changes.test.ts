/** What changes on a deployed stack, what may not, and a hand-over that fails. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../setup/redis';
import { TestClient, connectCode } from './clients';
import { testEnvironment } from '../setup/environment';
import { DeployedStack, eventually, pause, root } from './harness';
import type { Playground } from './programs/playground';
import { attempt, docker, run } from './run';

const PROGRAM = 'test/deploy/programs/playground.ts';
const keyOf = (stack: string) => ({ instanceId: stack, keyId: 'key', secret: 'playground-secret-71c2' });

/** Terraform breaks lines and draws a bar beside them. */
const oneLine = (text: string): string => text.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');

/** What Terraform gave as reasons; the plan before it would fill pages. */
const errors = (text: string): string => oneLine(text.slice(Math.max(0, text.search(/Error: /))));

function declare(stack: DeployedStack, playground: Omit<Playground, 'stack'>): void {
  stack.set({ PLAYGROUND: JSON.stringify({ ...playground, stack: stack.name }) });
}

describe('a deployed stack', () => {
  const stack = new DeployedStack('play-one', PROGRAM);
  const first: Omit<Playground, 'stack'> = {
    regions: { here: 'here' }, firstPort: 22883, storages: { a: {}, b: {}, spare: { protect: true } }, bound: 'a', topics: ['demo'], groups: ['GID_test'],
  };
  let url: string;
  beforeAll(async () => {
    declare(stack, first);
    await stack.deploy();
    url = stack.instance('play-one').publicUrls['tcp']!;
  });
  afterAll(() => stack.cleanUp());

  it('I4 I5 a new topic, a new group and a new backend user are in the plan by name, and reach the gateway without touching a container of it or a connection', async () => {
    const client = await TestClient.connect(url, keyOf('play-one'), 'GID_test@@@steady', { clean: false, reconnectPeriod: 200 });
    await client.subscribe('demo/#', 1);
    const before = [await stack.container('gateway'), await stack.container('store')].map(({ id, pid }) => [id, pid]);
    declare(stack, { ...first, topics: ['demo', 'added'], groups: ['GID_test', 'GID_added'], backendUsers: ['worker'] });
    const { code, text } = await stack.plan();
    expect(code).toBe(2);
    expect(text).toMatch(/terraform_data\.\S*worker_backend-user\S* will be created/);
    expect(text).toMatch(/terraform_data\.\S*added_topic\S* will be created/);
    expect(text).toMatch(/terraform_data\.\S*GID_added_group\S* will be created/);
    expect(text).not.toMatch(/_(Entry|Store)\S* .*(will|must) be/);
    await stack.deploy();
    expect([await stack.container('gateway'), await stack.container('store')].map(({ id, pid }) => [id, pid])).toEqual(before);
    await client.subscribe('added/#', 1);
    const other = await TestClient.connect(url, keyOf('play-one'), 'GID_added@@@new');
    await other.publish('added/x', 'over the new topic', 1);
    await other.publish('demo/x', 'over the old one', 1);
    expect((await client.until(2)).map(({ payload }) => payload).sort()).toEqual(['over the new topic', 'over the old one']);
    expect(client.closes).toBe(0);
    expect((await stack.plan()).code).toBe(0);
    await Promise.all([client.end(), other.end()]);
  });

  it('S1 E6 a worker beside the store, with its user, reads the log in a consumer group and answers through the inbox', async () => {
    const worker = await startWorker();
    try {
      const device = await TestClient.connect(url, keyOf('play-one'), 'GID_test@@@asks');
      for (const word of ['one', 'two']) await device.publish('demo/requests/upper', word, 1);
      expect((await device.until(2)).map(({ topic, payload }) => [topic, payload])).toEqual(['ONE', 'TWO'].map((word) => ['demo/p2p/GID_test@@@asks', word]));
      await device.end();
      const { pathname: _, username, password } = new URL(stack.outputs['worker_url'] as string);
      const asks = async (...command: string[]) => (await docker('exec', '--env', `REDISCLI_AUTH=${password}`, (await stack.container('store')).name, 'redis-cli', '--user', username, ...command));
      const storage = stack.outputs['worker_storage'] as string;
      expect(await asks('XINFO', 'GROUPS', `{${storage}}:log:demo`)).toContain('backend');
      for (const command of [['HGETALL', `{${storage}}:docs`], ['XADD', `{${storage}}:log:demo`, '*', 'payload', 'x'], ['XLEN', '{another}:log:demo'], ['KEYS', '*']]) {
        expect(await asks(...command)).toContain('NOPERM');
      }
      // A6: where it could have leaked
      const containers = await stack.containers();
      expect(await docker('inspect', '--format', '{{json .Config}}', ...containers.map(({ id }) => id))).not.toContain(password);
      for (const { id } of containers) expect((await attempt('docker', ['logs', id])).text).not.toContain(password);
      expect((await stack.plan('-destroy')).text).not.toContain(password);
    } finally {
      await docker('rm', '--force', worker);
    }
  });

  /** The example as it stands, in a container that joins the store's network. */
  async function startWorker(): Promise<string> {
    const env = { REDIS_URL: stack.outputs['worker_url'] as string, STORAGE_ID: stack.outputs['worker_storage'] as string };
    const id = (await run('docker', [
      'run', '--detach', '--network', stack.outputs['worker_network'] as string, '--env', 'REDIS_URL', '--env', 'STORAGE_ID', '--volume', `${root}:${root}:ro`,
      testEnvironment().images.base, 'node', `${root}/examples/backend-worker/worker.mjs`,
    ], { env })).trim();
    await eventually('the worker reads', async () => (await docker('logs', id)).includes('ready'));
    return id;
  }

  it('I5 a removed topic, a removed group and a removed backend user are in the plan by name, and close at once', async () => {
    const [stays, goes] = await Promise.all([
      TestClient.connect(url, keyOf('play-one'), 'GID_test@@@stays'), TestClient.connect(url, keyOf('play-one'), 'GID_added@@@goes'),
    ]);
    declare(stack, first);
    const worker = await startWorker();
    const { text } = await stack.plan();
    expect(text).toMatch(/terraform_data\.\S*worker_backend-user\S* will be destroyed/);
    expect(text).toMatch(/terraform_data\.\S*added_topic\S* will be destroyed/);
    expect(text).toMatch(/terraform_data\.\S*GID_added_group\S* will be destroyed/);
    await stack.deploy();
    await eventually('the client of the removed group is closed', () => goes.closes === 1);
    await eventually('the worker without its user is refused', async () => /WRONGPASS|NOAUTH/.test((await attempt('docker', ['logs', worker])).text));
    await docker('rm', '--force', worker);
    expect(await connectCode(url, keyOf('play-one'), 'GID_added@@@goes')).toBe(2);
    await expect(stays.subscribe('added/#', 1)).rejects.toThrow();
    await stays.end();
  });

  it('I4 hand-overs of an earlier deploy that Docker starts again bring nothing back', async () => {
    const lastLine = async (container: string) => (await docker('logs', '--tail', '1', container)).trim();
    const images = await Promise.all((await stack.containers('hand-over')).map(async ({ id }) => (await docker('commit', id)).trim()));
    declare(stack, { ...first, topics: ['demo', 'later'] });
    await stack.deploy();
    const [network = ''] = await stack.networks();
    const started: string[] = [];
    try {
      for (const image of images) started.push((await docker('run', '--detach', '--tty', '--network', network, image)).trim());
      for (const container of started) await eventually('it has an answer', async () => /^(ACCEPTED|REFUSED) /.test(await lastLine(container)));
      const texts = await Promise.all(started.map((container) => docker('logs', container)));
      // what this deploy did not touch has no newer one
      expect(texts.filter((text) => text.includes('a newer hand-over took the place of this one'))).not.toHaveLength(0);
      for (const text of texts) expect(text.trim().split('\n').at(-1)).toMatch(/^ACCEPTED /);
    } finally {
      for (const container of started) await docker('rm', '--force', container);
      for (const image of images) await docker('image', 'rm', image);
    }
    const client = await TestClient.connect(url, keyOf('play-one'), 'GID_test@@@later');
    await client.subscribe('later/#', 1);
    await client.publish('later/x', 'still there', 1);
    expect(await client.until(1)).toMatchObject([{ payload: 'still there' }]);
    await client.end();
    declare(stack, first);
    await stack.deploy();
  });

  it('B1 a changed binding stops the plan with a sentence', async () => {
    declare(stack, { ...first, bound: 'b' });
    const { code, text } = await stack.plan();
    expect(code).toBe(1);
    expect(errors(text)).toMatch(/binding of MQTT instance play-one.*got.*b-[0-9a-f]{8}.*a-[0-9a-f]{8}.*a binding never changes/i);
    declare(stack, first);
    expect((await stack.plan()).code).toBe(0);
  });

  it('B1 another edition of the bound storage stops the plan with a sentence', async () => {
    declare(stack, { ...first, storages: { ...first.storages, a: { platinum: true } } });
    const { code, text } = await stack.plan();
    expect(code).toBe(1);
    expect(errors(text)).toMatch(/B1: edition of the storage that MQTT instance play-one is bound to: got platinum; allowed: standard: what is bound never changes/);
    declare(stack, first);
  });

  it('B1 I1 a renamed storage stops the plan with a sentence that names the id with which it stays the same one', async () => {
    const before = [await stack.container('gateway'), await stack.container('store')].map(({ id }) => id);
    const renamed = (storageId?: string): typeof first => ({ ...first, storages: { renamed: { storageId }, b: {}, spare: { protect: true } }, bound: 'renamed' });
    declare(stack, renamed());
    const refused = await stack.plan();
    expect(refused.code).toBe(1);
    const storageId = /counts as another one, unless it is given storageId: '([^']+)'/.exec(errors(refused.text))?.[1];
    expect(storageId).toMatch(/^play-one-here-a-[0-9a-f]{8}$/);
    declare(stack, renamed(storageId));
    await stack.deploy();
    expect([await stack.container('gateway'), await stack.container('store')].map(({ id }) => id)).toEqual(before);
    declare(stack, { ...first, storages: { ...first.storages, a: { storageId } } });
    await stack.deploy();
    declare(stack, first);
    expect((await stack.plan()).code).toBe(0);
  });

  it('L3 another host of the region stops the plan with a sentence', async () => {
    const socket = path.join(stack.folder, 'docker.sock');
    symlinkSync('/var/run/docker.sock', socket);
    declare(stack, { ...first, socket });
    const { code, text } = await stack.plan();
    expect(code).toBe(1);
    expect(errors(text)).toMatch(/L3: host of region here: got unix:\S*docker\.sock; allowed: unix:\/\/\/var\/run\/docker\.sock: a region never changes/);
    declare(stack, first);
  });

  it('L3 another region stops the plan with a sentence, whether the region is renamed or the instance moves', async () => {
    const renamed: typeof first = { ...first, regions: { here: 'elsewhere' } };
    const moved: typeof first = { ...first, regions: { here: 'here', there: 'there' }, region: 'there' };
    for (const changed of [renamed, moved]) {
      declare(stack, changed);
      const { code, text } = await stack.plan();
      expect(code).toBe(1);
      expect(errors(text)).toMatch(/region of MQTT instance play-one.*a region never changes/i);
    }
    declare(stack, first);
  });

  it('B5 a protected storage can be deleted neither by its declaration going nor by destroy, until the protection is lifted', async () => {
    declare(stack, { ...first, storages: { a: {}, b: {} } });
    const gone = await stack.plan();
    expect(gone.code).toBe(1);
    expect(errors(gone.text)).toMatch(/storage_with_deletion_protection\["[^"]*spare[^"]*"\] has lifecycle.prevent_destroy set/);
    declare(stack, first);
    expect((await stack.plan('-destroy')).code).toBe(1);
    declare(stack, { ...first, storages: { a: {}, b: {}, spare: {} } });
    await stack.deploy();
    declare(stack, { ...first, storages: { a: {}, b: {} } });
    await stack.deploy();
    expect((await stack.plan()).code).toBe(0);
  });

  describe('beside it another stack', () => {
    const other = new DeployedStack('play-two', PROGRAM);
    const declared = { regions: { here: 'here' }, firstPort: 23883, storages: { a: { platinum: true } }, bound: 'a', lateTopic: true };
    afterAll(() => other.cleanUp());

    it('N5 a name that only the deploy knows is judged by the hand-over, and its sentence ends the deploy', async () => {
      declare(other, declared);
      other.set({ TF_VAR_late_topic: 'GID_is_not_for_topics' });
      const { code, text } = await other.tryDeploy();
      expect(code).not.toBe(0);
      expect(errors(text)).toMatch(/N2.*GID_is_not_for_topics/);
      expect(await other.containers('gateway')).toEqual([]);
    });

    it('B1 deploying again with the cause mended succeeds, and the plan after it is empty', async () => {
      other.set({ TF_VAR_late_topic: 'late' });
      await other.deploy();
      expect((await other.plan()).code).toBe(0);
      const client = await TestClient.connect(other.instance('play-two').publicUrls['tcp']!, keyOf('play-two'), 'GID_test@@@late');
      await client.subscribe('late/#', 1);
      await client.publish('late/x', 'hello', 1);
      await client.until(1);
      await client.end();
    });

    it('I1 E6 both stacks run on one host, and neither sees the other', async () => {
      expect(await connectCode(url, keyOf('play-one'), 'GID_test@@@one')).toBe(0);
      expect(await connectCode(url, keyOf('play-two'), 'GID_test@@@two')).not.toBe(0);
      expect((await stack.plan()).code).toBe(0);
    });
  });
});

describe('a store outside Terraform', () => {
  const stack = new DeployedStack('play-outside', PROGRAM);
  let redis: TestRedis;
  let declared: Omit<Playground, 'stack'>;
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'always', config: { bind: '0.0.0.0', 'protected-mode': 'no', maxmemory: '64mb', 'maxmemory-policy': 'allkeys-lru' } });
    // containers reach this machine at the address that it has on Docker's own bridge
    const subnet = await docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Subnet}}');
    const host = subnet.replace(/\.0\/\d+$/, '.1');
    declared = { regions: { here: 'here' }, firstPort: 24883, storages: {}, storeUrl: `redis://${host}:${redis.port}`, bound: 'outside' };
    declare(stack, declared);
  });
  afterAll(async () => {
    await stack.cleanUp();
    await redis?.stop();
  });

  it('I2 a store that cannot keep the promise is refused with a sentence, twice the same', async () => {
    for (const once of [1, 2]) {
      const { code, text } = await stack.tryDeploy();
      expect([once, code]).not.toEqual([once, 0]);
      expect(errors(text)).toMatch(/maxmemory-policy/);
    }
  });

  it('B1 a hand-over that failed does not count as bound', async () => {
    declare(stack, { ...declared, storages: { a: {} }, bound: 'a' });
    expect((await stack.plan()).code).toBe(2);
    declare(stack, declared);
  });

  it('S2 its topics stand before anything is bound to it', async () => {
    await run('redis-cli', ['-p', String(redis.port), 'config', 'set', 'maxmemory-policy', 'noeviction']);
    declare(stack, { ...declared, bound: undefined });
    await stack.deploy();
    expect((await stack.containers()).map(({ role }) => role)).toEqual(['hand-over']);
    expect(await docker('logs', '--tail', '1', (await stack.container('hand-over')).id)).toMatch(/^ACCEPTED /);
    expect((await stack.plan()).code).toBe(0);
    declare(stack, declared);
  });

  it('B1 once the cause is mended, deploying again unchanged succeeds', async () => {
    await pause(5_000); // the hand-over tries every two seconds
    await stack.deploy();
    expect((await stack.plan()).code).toBe(0);
    const client = await TestClient.connect(stack.instance('play-outside').publicUrls['tcp']!, keyOf('play-outside'), 'GID_test@@@out');
    await client.subscribe('demo/#', 1);
    await client.publish('demo/x', 'hello', 1);
    await client.until(1);
    await client.end();
  });

  it('B1 another store stops the plan with a sentence', async () => {
    declare(stack, { ...declared, storeUrl: 'redis://another.example.com' });
    const { code, text } = await stack.plan();
    expect(code).toBe(1);
    expect(errors(text)).toMatch(/B1: URL of the store that MQTT instance play-outside is bound to: got redis:\/\/another\.example\.com:6379; allowed: redis:\/\/\d+\.\d+\.\d+\.1:\d+: what is bound never changes/);
    declare(stack, { ...declared, storeUrl: `${declared.storeUrl}/0` });
    expect(errors((await stack.plan()).text)).not.toContain('B1');
    declare(stack, declared);
  });
});
