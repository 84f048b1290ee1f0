/**
 * Measures the embedded engine alone, without MQTT: `node --expose-gc --import tsx measure.ts [durability] [scenario …]`. Figures go to DESIGN.md.
 * Every scenario has a fresh store in `MEASURE_DIRECTORY` (default: the system's place for temporary files).
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AppendRequest, SessionKey, StoredMessage } from '../contract';
import { message, subscription } from '../suite/bench';
import { EmbeddedStore } from './embedded-store';
import type { EmbeddedDurability } from './environment';

const PAYLOAD = Buffer.alloc(256, 'x');
const SECONDS = Number(process.env['MEASURE_SECONDS'] ?? 3);
const ROUNDS = 3;
const durability = (process.argv[2] ?? 'process') as EmbeddedDurability;

async function withStore<T>(work: (store: EmbeddedStore, directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(process.env['MEASURE_DIRECTORY'] ?? tmpdir(), 'measure-'));
  const store = new EmbeddedStore({ directory, storageId: 'measure', durability });
  await store.open();
  try {
    return await work(store, directory);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function batchOf(size: number, topic = 'demo/x'): AppendRequest[] {
  return Array.from({ length: size }, () => message(topic, PAYLOAD));
}

async function offline(store: EmbeddedStore, clientId: string, ...filters: string[]): Promise<SessionKey> {
  const { epoch } = await store.openSession({ clientId, cleanSession: false, gatewayId: 'g' });
  const session = { clientId, epoch };
  await store.subscribe(session, filters.map((filter) => subscription(filter)));
  return session;
}

/** Bytes that this process has written so far: on a busy machine a steadier figure than a rate. */
function writtenBytes(): number {
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))![1]);
}

/** Appends one batch after the other; answers messages a second. */
async function appendFor(store: EmbeddedStore, size: number, seconds: number, gatewayId = 'g'): Promise<number> {
  const requests = batchOf(size);
  const start = performance.now();
  let batches = 0;
  while (performance.now() - start < seconds * 1000) await store.append(gatewayId, ++batches, requests);
  return Math.round((batches * size) / ((performance.now() - start) / 1000));
}

async function fill(store: EmbeddedStore, count: number, topic: string, gatewayId = 'filler'): Promise<void> {
  for (let sent = 0; sent < count; sent += 500) await store.append(gatewayId, sent + 1, batchOf(Math.min(500, count - sent), topic));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function rounds(work: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < ROUNDS; i++) values.push(await work());
  return median(values);
}

const scenarios: { readonly [name: string]: () => Promise<object> } = {
  async append() {
    const found: Record<string, number> = {};
    for (const size of [1, 10, 100]) {
      found[`plain, batch ${size}`] = await rounds(() => withStore(async (store) => {
        const before = writtenBytes();
        const rate = await appendFor(store, size, SECONDS);
        found[`KiB written a message, batch ${size}`] = Number(((writtenBytes() - before) / 1024 / (rate * SECONDS)).toFixed(2));
        return rate;
      }));
    }
    return found;
  },

  async tailed() {
    const found: Record<string, number> = {};
    for (const size of [1, 10, 100]) {
      found[`with offline a/#, exact filter and a tail, batch ${size}`] = await rounds(() => withStore(async (store) => {
        await offline(store, 'all', 'demo/#');
        await offline(store, 'exact', 'demo/x');
        let given = 0;
        const tail = await store.tail({ onMessages: (messages: readonly StoredMessage[]) => void (given += messages.length), onNotice: () => undefined });
        tail.setLogs(['demo']);
        const start = performance.now();
        await appendFor(store, size, SECONDS);
        const end = await store.lastId();
        while (tail.position < end) await new Promise(setImmediate);
        await tail.close();
        return Math.round(given / ((performance.now() - start) / 1000));
      }));
    }
    return found;
  },

  async missed() {
    return withStore(async (store) => {
      const session = await offline(store, 'c', 'demo/#');
      await fill(store, 100_000, 'demo/x');
      const upTo = await store.lastId();
      const rate = await rounds(async () => {
        const start = performance.now();
        let read = 0;
        for (let after = 0, complete = false; !complete;) {
          const page = await store.readMissed(session, after, upTo, 100);
          read += page.messages.length;
          ({ next: after, complete } = page);
        }
        return Math.round(read / ((performance.now() - start) / 1000));
      });
      return { 'readMissed, pages of 100, messages/s': rate };
    });
  },

  async sparse() {
    const found: Record<string, number> = {};
    for (const total of [100, 1_000_000]) {
      await withStore(async (store) => {
        const session = await offline(store, 'c', 'demo/mine');
        for (let i = 0; i < 10; i++) {
          await fill(store, total / 10 - 1, 'demo/other', `other-${i}`);
          await fill(store, 1, 'demo/mine', `mine-${i}`);
        }
        const upTo = await store.lastId();
        const start = performance.now();
        const page = await store.readMissed(session, 0, upTo, 100);
        if (page.messages.length !== 10) throw new Error(`${page.messages.length} messages instead of 10`);
        found[`10 of ${total}, ms`] = Number((performance.now() - start).toFixed(2));
      });
    }
    return found;
  },

  async beside() {
    const found: Record<string, number> = {};
    for (const sessions of [0, 10_000]) {
      await withStore(async (store, directory) => {
        const before = statSync(path.join(directory, 'data.mdb')).size;
        globalThis.gc?.();
        const memory = process.memoryUsage().heapUsed;
        for (let i = 0; i < sessions; i++) await store.closeSession(await offline(store, `GID_demo@@@device-${i}`, 'demo/#'), null);
        if (sessions > 0) {
          globalThis.gc?.();
          found['bytes of file a session, most of them free again'] = Math.round((statSync(path.join(directory, 'data.mdb')).size - before) / sessions);
          found['bytes of heap a session'] = Math.round((process.memoryUsage().heapUsed - memory) / sessions);
        }
        for (const size of [1, 100]) found[`beside ${sessions} offline sessions, batch ${size}`] = await rounds(() => appendFor(store, size, SECONDS, `${size}-${Math.random()}`));
      });
    }
    return found;
  },
};

async function main(): Promise<void> {
  const names = process.argv.slice(3);
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(JSON.stringify({ durability, [name]: await scenario() }, undefined, 1));
  }
}

void main();
