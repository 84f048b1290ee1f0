/** B6 A2 A3: what direct push keeps survives crashes at any moment, and costs little, however much it is. */
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench, until } from '../suite/bench';
import { describeNamedRecords } from '../suite/named-records';
import { Memory } from './memory';
import { NoneStore } from './none-store';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-log-'));
const stores: NoneStore[] = [];
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});
let count = 0;
const fresh = (): string => path.join(folder, `${++count}.json`);

async function opened(file: string): Promise<NoneStore> {
  const store = new NoneStore(undefined, file);
  stores.push(store);
  await store.open();
  return store;
}

/** Each child loads everything anew, which takes seconds on a busy machine. */
const CHILDREN_MS = 240_000;

const kind = 'device-credential';
const put = (store: NoneStore, id: string, value: string) => store.putRecord({ kind, id, value, expectedVersion: null });
const valueOf = async (store: NoneStore, id: string) => (await store.readRecords(kind, [id]))[0]?.value;
const lines = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const documents = { storage: null, instance: null, sealedSecrets: 'sealed', boundTo: 'one', acceptedHash: 'hash', handOver: null };

describe('with a file', () => {
  const bench = new Bench(async () => {
    const [memory, file, own] = [new Memory(), fresh(), [] as NoneStore[]];
    return {
      connect: async () => {
        const store = new NoneStore(memory, own.length === 0 ? file : undefined);
        own.push(store);
        await store.open();
        return store;
      },
      dispose: async () => { await Promise.all(own.map((store) => store.close())); },
    };
  }, { durable: false });
  bench.install();
  describeNamedRecords(bench);
});

describe('the log of direct push', () => {
  it('A3 what waits is written together: 10,000 credentials are kept in a few commits', async () => {
    const file = fresh();
    const store = await opened(file);
    const versions = await Promise.all(Array.from({ length: 10_000 }, (_, i) => put(store, `GID_a@@@${i}`, 'x'.repeat(250))));
    expect(new Set(versions).size).toBe(10_000);
    // version, what stood, the first one, and all others, which came while that was written
    expect(lines(file)).toHaveLength(4);
    await store.close();
    const again = await opened(file);
    expect((await again.readRecords(kind, Array.from({ length: 10_000 }, (_, i) => `GID_a@@@${i}`))).every((record) => record?.value.length === 250)).toBe(true);
    expect(await again.recordsRevision(kind)).toBe(10_000);
  });

  it('each of what is written together is judged by those before it', async () => {
    const store = await opened(fresh());
    const one = (expectedVersion: number | null) => store.putRecord({ kind, id: 'a', value: 'v', expectedVersion });
    expect(await Promise.all([one(0), one(0), one(1), store.deleteRecord(kind, 'a', null), store.deleteRecord(kind, 'a', null), one(0), store.writeDocuments(documents, 0), store.writeDocuments(documents, 0), store.keepValue('n', '1'), store.keepValue('n', '2')]))
      .toEqual([1, null, 2, true, false, 4, true, false, '1', '1']);
  });

  it('a change costs a line, until more is superseded than stands: then the file is written anew', async () => {
    const file = fresh();
    const store = await opened(file);
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => put(store, `k${i}`, 'x'.repeat(200))));
    const full = statSync(file).size;
    await put(store, 'k7', 'y');
    expect(statSync(file).size - full).toBeLessThan(200);
    let largest = 0;
    for (let round = 0; round < 6; round++) {
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => put(store, `k${i}`, `${round}`.repeat(200))));
      largest = Math.max(largest, statSync(file).size);
    }
    expect(largest).toBeLessThan(full * 3.5);
    for (let i = 0; i < 1_000; i++) void store.deleteRecord(kind, `k${i}`, null);
    await put(store, 'last', 'z');
    await put(store, 'last', 'z');
    expect(statSync(file).size).toBeLessThan(5_000);
    await store.close();
    const again = await opened(file);
    expect([await valueOf(again, 'k7'), await valueOf(again, 'last'), await again.recordsRevision(kind)]).toEqual([undefined, 'z', 8_003]);
  });

  it('a commit that a crash cut off anywhere is not there, all before it is, and it goes on', async () => {
    const file = fresh();
    const store = await opened(file);
    await put(store, 'a', '1');
    // the last two wait for the first, and are one commit
    await Promise.all([put(store, 'z', '0'), put(store, 'a', '2'), put(store, 'b', '温度')]);
    await store.close();
    const whole = readFileSync(file);
    const before = whole.lastIndexOf('\n', whole.length - 2) + 1;
    const cut = fresh();
    for (let length = before; length <= whole.length; length++) {
      copyFileSync(file, cut);
      truncateSync(cut, length);
      const found = await opened(cut);
      expect([length, await valueOf(found, 'a')]).toEqual([length, length === whole.length ? '2' : '1']);
      if (length % 7 !== 0) continue;
      await put(found, 'c', '3');
      await found.close();
      const again = await opened(cut);
      expect([await valueOf(again, 'a'), await valueOf(again, 'c')]).toEqual([length === whole.length ? '2' : '1', '3']);
    }
    // its length was on the disk, and its bytes were not
    writeFileSync(cut, Buffer.concat([whole.subarray(0, before), Buffer.alloc(20), whole.subarray(before + 20)]));
    expect(await valueOf(await opened(cut), 'a')).toBe('1');
  });

  it('damage that no crash makes is told, and nothing is written over', async () => {
    const file = fresh();
    const store = await opened(file);
    for (const value of ['1', '2', '3']) await put(store, 'a', value);
    await store.close();
    const text = readFileSync(file, 'utf8');
    const damaged = text.replace('"value":"2"', '"value":"7"');
    writeFileSync(file, damaged);
    await expect(opened(file)).rejects.toThrow(/line 4 of 5 is damaged; put a backup in its place, or remove the file and hand the declaration over again/);
    expect(readFileSync(file, 'utf8')).toBe(damaged);
    writeFileSync(file, `x${text}`);
    await expect(opened(file)).rejects.toThrow(/neither a log nor valid JSON/);
  });

  it('a file of a gateway before the log is read, and becomes a log with the first change', async () => {
    const file = fresh();
    const record = { id: 'a', value: 'v', version: 3, expiresAt: null };
    const text = JSON.stringify({ version: 1, documents: { ...documents, revision: 4 }, values: { certificate: 'made once' }, records: { [kind]: { revision: 5, records: [record] } } });
    writeFileSync(file, text);
    const store = await opened(file);
    expect([await store.readDocuments(), await store.keepValue('certificate', 'x'), await store.readRecords(kind, ['a'])]).toEqual([{ ...documents, revision: 4 }, 'made once', [record]]);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(await put(store, 'b', 'w')).toBe(6);
    await store.close();
    const again = await opened(file);
    expect(lines(file)[0]).toMatch(/^[0-9a-f]{16} \{"version":2\}$/);
    expect([(await again.readDocuments()).revision, await again.keepValue('certificate', 'x'), await again.readRecords(kind, ['a']), await valueOf(again, 'b')]).toEqual([4, 'made once', [record], 'w']);
    // and those that knew no records yet
    writeFileSync(file, JSON.stringify({ version: 1, documents: { ...documents, revision: 1 }, values: {} }));
    expect((await (await opened(file)).readDocuments()).revision).toBe(1);
  });

  it('a file that somebody removed or replaced meanwhile is written anew', async () => {
    const file = fresh();
    const store = await opened(file);
    await put(store, 'a', '1');
    rmSync(file);
    await put(store, 'b', '2');
    writeFileSync(`${file}.other`, 'of somebody');
    rmSync(file);
    copyFileSync(`${file}.other`, file);
    await put(store, 'c', '3');
    await store.close();
    const again = await opened(file);
    expect([await valueOf(again, 'a'), await valueOf(again, 'b'), await valueOf(again, 'c')]).toEqual(['1', '2', '3']);
  });
});

interface Child { readonly lines: string[]; kill(): Promise<void> }

/** `shell`: what runs first in the shell that becomes the child. */
function startChild(file: string, first: number, shell = 'true'): Child {
  const child = spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', process.execPath, '--import', 'tsx', path.join(import.meta.dirname, 'kept-child.ts'), file, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  let rest = '';
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop()!;
    said.push(...parts);
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return { lines: said, kill: async () => { child.kill('SIGKILL'); await ended; } };
}

/** What was acknowledged, over all runs of a file. */
class Ledger {
  private readonly values = new Map<string, number>();
  private readonly named = new Map<string, string>();
  private version = 0;
  private documents = 0;
  next = 1;

  take(said: readonly string[]): void {
    for (const line of said) {
      const [what, ...rest] = line.split(' ');
      if (what === 'record') {
        const [id, value, version] = [rest[0]!, Number(rest[1]), Number(rest[2])];
        this.values.set(id, Math.max(value, this.values.get(id) ?? 0));
        this.version = Math.max(this.version, version);
        this.next = Math.max(this.next, value + 100);
      } else if (what === 'documents') this.documents = Math.max(this.documents, Number(rest[0]));
      else if (what === 'value') this.named.set(`value-${rest[0]}`, rest[1]!);
    }
  }

  async compare(file: string): Promise<void> {
    const store = await opened(file);
    const records = await store.readRecords(kind, [...this.values.keys()]);
    for (const [i, [id, value]] of [...this.values].entries()) expect(Number.parseInt(records[i]?.value ?? '0', 10), `what was acknowledged of ${id}`).toBeGreaterThanOrEqual(value);
    expect(await store.recordsRevision(kind)).toBeGreaterThanOrEqual(this.version);
    expect((await store.readDocuments()).revision).toBeGreaterThanOrEqual(this.documents);
    for (const [name, value] of this.named) expect(await store.keepValue(name, 'lost')).toBe(value);
    await store.close();
  }
}

describe('A2 A3 B6 a gateway that is killed', () => {
  it('at any moment loses nothing that it answered for', { timeout: CHILDREN_MS }, async () => {
    const [file, ledger] = [fresh(), new Ledger()];
    for (let round = 0; round < 10; round++) {
      const child = startChild(file, ledger.next);
      const enough = 1 + Math.floor(Math.random() ** 2 * 1_500);
      await until(() => child.lines.length >= enough, 30_000);
      await child.kill();
      expect(child.lines.filter((line) => line.startsWith('failed'))).toEqual([]);
      ledger.take(child.lines);
      await ledger.compare(file);
    }
  });

  it('and one whose disk is full answers for nothing that it did not keep', { timeout: CHILDREN_MS }, async () => {
    const [file, ledger] = [fresh(), new Ledger()];
    // files of at most 64 KiB: a write that passes that is cut off in its midst
    const child = startChild(file, 1, 'ulimit -f 64');
    await until(() => child.lines.some((line) => line.startsWith('failed')), 30_000);
    await child.kill();
    expect(child.lines.find((line) => line.startsWith('failed'))).toMatch(/^failed StoreConfigurationError .*cannot be kept in .*EFBIG/);
    ledger.take(child.lines);
    await ledger.compare(file);
    appendFileSync(file, 'what a crash left');
    await ledger.compare(file);
  });
});
