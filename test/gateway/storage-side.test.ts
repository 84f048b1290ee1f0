/** Topics that are made at the storage, by who owns it (I4, S2): by the command line, on one Redis that two gateways run on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../runtime/src/cli/program';
import { takeIn } from '../../runtime/src/hand-over/take-in';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { api, type TestApi } from './api-harness';
import { documents, SEALING_KEY, STORAGE_ID, topic } from './documents';
import { closed, connect, connectAndCollect, startFleet, type TestFleet } from './harness';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-storage-side-'));
let fleet: TestFleet;
let asks: TestApi[];
beforeAll(async () => {
  fleet = await startFleet('redis', 2);
  asks = fleet.gateways.map((gateway) => api(gateway.port('http')));
  writeFileSync(path.join(folder, 'store.json'), JSON.stringify({ version: 1, kind: 'store', url: fleet.storage.redis!.url, username: null, password: null, sealingKey: SEALING_KEY, admin: null }));
});
afterAll(async () => {
  await fleet?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], storageId = STORAGE_ID): Promise<{ code: number; stdout: string; stderr: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const into = (lines: string[]): Writable => new Writable({ write: (chunk, _encoding, written) => { lines.push(String(chunk)); written(); } });
  const code = await runCli(['storage', ...args, '--store', path.join(folder, 'store.json'), '--storage-id', storageId], { stdout: into(out), stderr: into(err) });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

const listed = async (ask: TestApi, name: string) => (await ask('GET', '/topics')).body.topics.find((each: { name: string }) => each.name === name);

describe('I4 S2 a topic that is made at the storage', () => {
  it('carries messages on every gateway at once, with its origin; connections stay', async () => {
    const stays = await connect(fleet.gateways[1]!, 'GID_main@@@stays');
    expect(await run(['create-topic', 'warehouse', '--remark', 'of the owner'])).toEqual({ code: 0, stdout: 'made the topic warehouse\n', stderr: '' });
    for (const ask of asks) await expect.poll(() => listed(ask, 'warehouse')).toMatchObject({ origin: 'storage', account: null, remark: 'of the owner', createdAt: expect.any(Number) as number });
    const { client, until } = await connectAndCollect(fleet.gateways[0]!, 'GID_main@@@reads');
    await client.subscribeAsync('warehouse/#', { qos: 1 });
    await stays.publishAsync('warehouse/a', 'x', { qos: 1 });
    expect((await until(1))[0]).toMatchObject({ topic: 'warehouse/a', payload: 'x' });
    // S1: and from a backend service, through its inbox
    const backend = new Redis(fleet.storage.redis!.url);
    await backend.xadd(`{${STORAGE_ID}}:in:warehouse`, '*', 'payload', 'from behind', 'mqttSecondTopic', '/b');
    expect((await until(2))[1]).toMatchObject({ topic: 'warehouse/b', payload: 'from behind' });
    backend.disconnect();
    expect((await run(['topics'])).stdout).toMatch(/^warehouse +normal +publish-and-subscribe +storage +2 +of the owner$/m);
    expect((await run(['topics'])).stdout).toMatch(/^demo +normal +publish-and-subscribe +declared +\d+ +-$/m);
    await Promise.all([stays.endAsync(), client.endAsync()]);
  });

  it('is left alone by a deploy, and adopted with its messages by one that declares it', async () => {
    const declared = documents();
    await fleet.storage.handOver({ ...declared, storage: { ...declared.storage, description: 'another deploy' } });
    await expect.poll(() => listed(asks[0]!, 'warehouse')).toMatchObject({ origin: 'storage', storedMessages: 2 });
    const { createdAt } = await listed(asks[0]!, 'warehouse');
    await fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, topic('warehouse')] } });
    await expect.poll(() => listed(asks[1]!, 'warehouse')).toMatchObject({ origin: 'declared', storedMessages: 2, createdAt });
    expect(await run(['delete-topic', 'warehouse'])).toMatchObject({ code: 1, stderr: expect.stringContaining('(topic-declared)') });
    await fleet.storage.handOver(declared);
  });

  it('N2 L4 is judged by the rules of every topic', async () => {
    for (const [args, why] of [[['create-topic', 'DEMO'], 'topic-exists'], [['create-topic', 'GID_x'], 'rule-broken'], [['delete-topic', 'nowhere'], 'topic-unknown']] as const) {
      expect(await run(args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(new RegExp(`^mqttgw: .*\\(${why}\\).*\n$`)) });
    }
    expect((await run(['create-topic', 'owned'])).code).toBe(0);
    const declared = documents();
    await expect(fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, topic('OWNED')] } })).rejects.toThrow(/N2.*made on the storage side/);
    const free = 25 - (await asks[0]!('GET', '/topics')).body.topics.length;
    for (let n = 0; n < free; n++) expect((await run(['create-topic', `more-${n}`])).code).toBe(0);
    expect(await run(['create-topic', 'one-too-many'])).toMatchObject({ code: 1, stderr: expect.stringContaining('L4') });
    for (let n = 0; n < free; n++) expect((await run(['delete-topic', `more-${n}`])).code).toBe(0);
  });

  it('A4 I5 is deleted by the main account or at the storage, and by no sub-account; it closes at once', async () => {
    await expect.poll(() => listed(asks[1]!, 'owned')).toBeDefined();
    expect(await api(fleet.gateways[1]!.port('http'), 'sub-key')('DELETE', '/topics/owned')).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    expect((await asks[1]!('DELETE', '/topics/owned')).status).toBe(200);
    expect((await run(['create-topic', 'owned', '--removal-policy', 'destroy'])).code).toBe(0);
    await expect.poll(() => listed(asks[0]!, 'owned')).toBeDefined();
    const client = await connect(fleet.gateways[0]!, 'GID_main@@@writes');
    await client.publishAsync('owned/a', 'x', { qos: 1 });
    expect((await run(['delete-topic', 'owned'])).code).toBe(0);
    await expect.poll(() => listed(asks[0]!, 'owned')).toBeUndefined();
    const gone = closed(client);
    client.publish('owned/a', 'x', { qos: 1 });
    await gone;
  });

  it('S2 is made before anything is bound, and stands when an instance comes; nothing is made where no storage was handed over', async () => {
    expect(await run(['create-topic', 'early'], 'nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('no storage instance was handed over') });
    const declared = documents({}, { storageId: 'unbound' });
    const instance = { ...declared.instance, binding: { ...declared.instance.binding!, storageId: 'unbound' } };
    const store = new RedisStore({ url: fleet.storage.redis!.url, username: null, password: null, storageId: 'unbound', commandTimeoutMs: 2_000 });
    await store.open();
    const handOver = (incoming: Parameters<typeof takeIn>[0]['incoming']) => takeIn({ store, storageId: 'unbound', incoming, sealingKey: SEALING_KEY, hash: 'h' });
    expect(await handOver({ storage: declared.storage, instance: null, secrets: null })).toMatchObject({ accepted: true });
    expect((await run(['create-topic', 'early'], 'unbound')).code).toBe(0);
    expect(await run(['create-topic', 'DEMO'], 'unbound')).toMatchObject({ code: 1, stderr: expect.stringContaining('(topic-exists)') });
    expect(await handOver({ storage: null, instance, secrets: declared.secrets })).toMatchObject({ accepted: true });
    expect(JSON.parse((await run(['topics', '--json'], 'unbound')).stdout).topics).toContainEqual(expect.objectContaining({ name: 'early', origin: 'storage' }));
    await store.close();
  });
});
