import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Recorder, idOf, message, missedAll, retainedOf, subscription, until } from '../suite/bench';
import { acknowledged, startChild, type Child } from './child-process';
import { EmbeddedStore } from './embedded-store';
import { Environment, type EmbeddedDurability } from './environment';
import { KIND, kindKey } from './keys';

let directory: string;
const stores: EmbeddedStore[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'embedded-durability-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(directory, { recursive: true, force: true });
});

async function openStore(options: { durability?: EmbeddedDurability; storageId?: string; directory?: string } = {}): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ directory, storageId: 'storage', ...options });
  stores.push(store);
  await store.open();
  return store;
}

function child(args: readonly string[], shell?: string): Child {
  const started = startChild(args, shell);
  children.push(started.process);
  return started;
}

describe('the embedded store over a restart', () => {
  it.each(['process', 'power'] as const)('T5 everything is there after close and open (%s)', async (durability) => {
    const first = await openStore({ durability });
    const opened = await first.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' });
    const session = { clientId: 'c', epoch: opened.epoch };
    await first.subscribe(session, ['a/#', 'b'].map(subscription));
    await first.closeSession(session, null);
    const results = await first.append('g', 1, [message('a/x', '1', { retain: true }), message('b', '2'), message('a', '3')]);
    await first.keepValue('certificate', 'one');
    await first.close();

    const second = await openStore({ durability });
    expect(await second.lastId()).toBe(idOf(results[2]!));
    expect(await second.statistics()).toMatchObject({ messages: 3, payloadBytes: 3, perLog: { a: 2, b: 1 } });
    expect((await retainedOf(second, '#')).map((m) => m.payload.toString())).toEqual(['1']);
    expect(await second.keepValue('certificate', 'two')).toBe('one');
    const back = await second.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'h' });
    const missed = await missedAll(second, { clientId: 'c', epoch: back.epoch }, back.progress.cursor, await second.lastId());
    expect(missed.map((m) => m.payload)).toEqual(['1', '2', '3']);
    expect(await second.append('g', 1, [])).toEqual(results);
    expect(idOf((await second.append('g', 2, [message('a', '4')]))[0]!)).toBeGreaterThan(idOf(results[2]!));
  });

  it.each(['process', 'power'] as const)('T5 B5 a process that is killed loses nothing that was acknowledged (%s)', async (durability) => {
    for (const size of [1, 25]) {
      const running = child([directory, durability, String(size), '1000000']);
      await until(() => running.lines.length >= 60 || running.process.exitCode !== null, 30_000);
      running.process.kill('SIGKILL');
      await running.ended;
      const ids = acknowledged(running.lines);
      expect(ids.length).toBeGreaterThanOrEqual(60 * size);
      const store = await openStore({ durability });
      const found = await store.readMessages(ids.map((id) => ({ log: 'a', id })));
      expect(found.filter((m) => m === undefined)).toEqual([]);
      expect(found.every((m) => m!.payload.length === 256)).toBe(true);
      await store.close();
    }
  });

  it('a second process on the same directory: one sequence of ids, both seen by the tail, and by a kill unharmed', async () => {
    const store = await openStore();
    const recorder = await Recorder.follow(store, 'a');
    const other = child([directory, 'process', '10', '1000000']);
    const mine: number[] = [];
    let batch = 0;
    await until(async () => {
      mine.push(idOf((await store.append('me', ++batch, [message('a', 'mine')]))[0]!));
      return other.lines.length >= 60;
    }, 30_000);
    other.process.kill('SIGKILL');
    await other.ended;
    for (let i = 0; i < 50; i++) mine.push(idOf((await store.append('me', ++batch, [message('a', 'after')]))[0]!));
    const all = [...mine, ...acknowledged(other.lines)];
    expect(new Set(all).size).toBe(all.length);
    await until(() => recorder.position >= mine.at(-1)!);
    const given = new Set(recorder.messages.map((m) => m.id));
    expect(all.filter((id) => !given.has(id))).toEqual([]);
    await recorder.close();
  });
});

describe('the embedded store and its files', () => {
  it('keeps its files to its user', async () => {
    const store = await openStore({ directory: path.join(directory, 'new', 'deeper') });
    await store.append('g', 1, [message('a', 'x')]);
    const at = (...names: string[]) => statSync(path.join(directory, 'new', 'deeper', ...names)).mode & 0o777;
    expect(at()).toBe(0o700);
    for (const name of ['data.mdb', 'data.mdb-lock']) expect(at(name)).toBe(0o600);
  });

  it('refuses a directory that cannot be written', async () => {
    writeFileSync(path.join(directory, 'file'), '');
    await expect(openStore({ directory: path.join(directory, 'file', 'below') })).rejects.toMatchObject({ name: 'StoreConfigurationError', message: expect.stringContaining('name a directory') as string });
  });

  it.skipIf(process.getuid?.() === 0)('refuses a directory without the right to write', async () => {
    mkdirSync(path.join(directory, 'locked'));
    chmodSync(path.join(directory, 'locked'), 0o500);
    await expect(openStore({ directory: path.join(directory, 'locked', 'below') })).rejects.toMatchObject({ name: 'StoreConfigurationError' });
  });

  it.each([['garbage', Buffer.alloc(100_000, 9)], ['a stump', Buffer.alloc(1000, 9)]])('refuses a data file that is %s and says so', async (_, content) => {
    writeFileSync(path.join(directory, 'data.mdb'), content);
    await expect(openStore()).rejects.toMatchObject({ name: 'StoreConfigurationError', message: expect.stringContaining('data.mdb cannot be opened') as string });
  });

  it('refuses the directory of another storage', async () => {
    await openStore();
    await expect(openStore({ storageId: 'other' })).rejects.toMatchObject({ name: 'StoreConfigurationError', message: expect.stringContaining('holds the storage storage, not other') as string });
  });

  it('takes over the layout before, from then on its own, and refuses any other', async () => {
    const left = async (layout: number): Promise<void> => {
      await (await openStore()).close();
      const environment = await Environment.open(directory, 'process');
      await environment.write(() => environment.state.putJson(kindKey(KIND.identity), { layout, storageId: 'storage' }));
      await environment.close();
    };
    await left(2);
    await (await openStore()).close();
    const environment = await Environment.open(directory, 'process');
    expect(environment.read(() => environment.state.getJson(kindKey(KIND.identity)))).toEqual({ layout: 3, storageId: 'storage' });
    await environment.close();
    await left(4);
    await expect(openStore()).rejects.toMatchObject({ name: 'StoreConfigurationError', message: expect.stringMatching(/has layout 4, this gateway knows 3: use the gateway's version/) as string });
  });

  it('the durability may change from one start to the next', async () => {
    for (const [i, durability] of (['process', 'power', 'process'] as const).entries()) {
      const store = await openStore({ durability });
      expect((await store.statistics()).messages).toBe(i);
      await store.append('g', i + 1, [message('a', 'x')]);
      await store.close();
    }
  });

  it.skipIf(!existsSync('/bin/bash') && !existsSync('/usr/bin/bash'))('acknowledges nothing that found no room, and goes on when there is room again', async () => {
    const limited = child([directory, 'process', '25', '1000000'], "trap '' XFSZ; ulimit -f 4096");
    await limited.ended;
    expect(limited.lines.at(-1)).toMatch(/^(refused .*full|failed StoreUnavailableError)/);
    const ids = acknowledged(limited.lines);
    expect(ids.length).toBeGreaterThan(100);
    const store = await openStore();
    expect((await store.readMessages(ids.map((id) => ({ log: 'a', id })))).filter((m) => m === undefined)).toEqual([]);
    expect((await store.statistics()).messages).toBe(ids.length);
    expect((await store.append('g', 1, [message('a', 'x')]))[0]!.ok).toBe(true);
  });
});
