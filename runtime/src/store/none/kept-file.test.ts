import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StoredMessage } from '../contract';
import { StoreConfigurationError } from '../errors';
import { message, Recorder } from '../suite/bench';
import { NoneStore } from './none-store';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-kept-'));
const stores: NoneStore[] = [];
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});
let count = 0;
const fresh = (): string => path.join(folder, String(++count), 'kept.json');

async function opened(file?: string): Promise<NoneStore> {
  const store = new NoneStore(undefined, file);
  stores.push(store);
  await store.open();
  return store;
}

const documents = { storage: null, instance: null, sealedSecrets: 'sealed', boundTo: 'one', acceptedHash: 'hash', handOver: null };

describe('B6 what direct push keeps', () => {
  it('documents and values outlive the process, messages and sessions do not', async () => {
    const file = fresh();
    const first = await opened(file);
    expect(await first.writeDocuments(documents, 0)).toBe(true);
    expect(await first.keepValue('certificate', 'made once')).toBe('made once');
    await first.append('g', 1, [message('a', 'x', { retain: true })]);
    const second = await opened(file);
    expect(await second.readDocuments()).toEqual({ ...documents, revision: 1 });
    expect(await second.keepValue('certificate', 'made again')).toBe('made once');
    expect(await second.readRetained('#', null, { messages: 10, bytes: 1_000 })).toMatchObject({ messages: [] });
    expect(await second.writeDocuments({ ...documents, boundTo: 'two' }, 1)).toBe(true);
    expect(await second.keepValue('certificate', 'again')).toBe('made once');
    expect(await (await opened(file)).readDocuments()).toMatchObject({ boundTo: 'two', revision: 2 });
  });

  it('A2 A3 named records outlive the process, and what cannot be kept is not there', async () => {
    const file = fresh();
    const first = await opened(file);
    const version = await first.putRecord({ kind: 'token-revocation', id: 't', value: 'v', expectedVersion: 0, expiresAt: Date.now() + 3_600_000 });
    await first.keepValue('certificate', 'made once');
    const second = await opened(file);
    expect(await second.readRecords('token-revocation', ['t'])).toMatchObject([{ value: 'v', version }]);
    expect(await second.recordsRevision('token-revocation')).toBe(1);
    rmSync(path.dirname(file), { recursive: true });
    writeFileSync(path.dirname(file), '');
    await expect(second.putRecord({ kind: 'token-revocation', id: 'u', value: '', expectedVersion: 0 })).rejects.toThrow(StoreConfigurationError);
    expect(await second.readRecords('token-revocation', ['u'])).toEqual([undefined]);
  });

  it('A6 the file is for its user alone, and nothing half-written stays beside it', async () => {
    const file = fresh();
    await (await opened(file)).writeDocuments(documents, 0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file))).toEqual(['kept.json']);
  });

  it('what cannot be kept is not taken in', async () => {
    writeFileSync(path.join(folder, 'no-folder'), '');
    const store = new NoneStore(undefined, path.join(folder, 'no-folder', 'kept.json'));
    await expect(store.open()).rejects.toThrow(/cannot be read \(ENOTDIR\)/);
    const file = fresh();
    const other = await opened(file);
    writeFileSync(path.dirname(file), '');
    await expect(other.writeDocuments(documents, 0)).rejects.toThrow(StoreConfigurationError);
    expect((await other.readDocuments()).revision).toBe(0);
    await expect(other.keepValue('a', 'b')).rejects.toThrow(/give this process a folder in which it may write/);
  });

  it.each([['{"version":1,', /not valid JSON/], ['{"version":2}', /has version 2, this gateway reads 1/]])('says what to do about %s', async (text, sentence) => {
    const file = fresh();
    await (await opened(file)).writeDocuments(documents, 0);
    writeFileSync(file, text);
    await expect(new NoneStore(undefined, file).open()).rejects.toThrow(sentence);
    await expect(new NoneStore(undefined, file).open()).rejects.toThrow(/remove the file and hand the declaration over again/);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

describe('T5 what an acknowledgement of direct push means', () => {
  it('everybody who is there has been given the message', async () => {
    const store = await opened();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    class Held extends Recorder {
      override async onMessages(messages: readonly StoredMessage[], position: number): Promise<void> {
        await held;
        await super.onMessages(messages, position);
      }
    }
    const listener = new Held();
    const tail = await store.tail(listener);
    tail.setLogs(['a']);
    const order: string[] = [];
    const appended = store.append('g', 1, [message('a', 'x')]).then(() => order.push(`acknowledged after ${listener.messages.length}`));
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    release();
    await appended;
    expect(order).toEqual(['acknowledged after 1']);
    await tail.close();
  });
});
