import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredMessage } from '../contract';
import { message, Recorder, until } from '../suite/bench';
import { acknowledged, startChild, type Child } from './child-process';
import { EmbeddedStore } from './embedded-store';

let directory: string;
const stores: EmbeddedStore[] = [];
const children: Child[] = [];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'embedded-bell-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL');
    await child.ended;
  }
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(directory, { recursive: true, force: true });
});

async function openStore(): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ directory, storageId: 'storage' });
  stores.push(store);
  await store.open();
  return store;
}

function child(...args: string[]): Child {
  const started = startChild([directory, 'process', ...args]);
  children.push(started);
  return started;
}

const bells = () => readdirSync(directory).filter((name) => name.startsWith('bell-'));

/** Milliseconds from storing to the tail: an id is the time of its step. */
class Latencies extends Recorder {
  readonly milliseconds: number[] = [];

  override onMessages(messages: readonly StoredMessage[], position: number): void {
    for (const { id } of messages) this.milliseconds.push(Date.now() - id / 1000);
    void super.onMessages(messages, position);
  }

  lowerQuartile(): number {
    return [...this.milliseconds].sort((a, b) => a - b)[this.milliseconds.length >> 2]!;
  }
}

describe('several processes on one embedded store', () => {
  it('what another process stores is there at once, not when the tail looks the next time', async () => {
    const store = await openStore();
    const recorder = new Latencies();
    const tail = await store.tail(recorder);
    tail.setLogs(['a']);
    child('1', '1000', '7');
    await until(() => recorder.milliseconds.length >= 200, 30_000);
    expect(recorder.milliseconds.length).toBeGreaterThanOrEqual(200);
    // Looking alone would give a quarter of them within 62 ms; the others wait for the processor on a busy machine.
    expect(recorder.lowerQuartile()).toBeLessThan(25);
    await tail.close();
  });

  it('three processes at full speed: every tail gets everything once, in order', async () => {
    const store = await openStore();
    const recorder = await Recorder.follow(store, 'a');
    const writers = [child('7', '150'), child('3', '150')];
    let batch = 0;
    const mine: number[] = [];
    await until(async () => {
      for (let i = 0; i < 5; i++) mine.push(...(await store.append('me', ++batch, [message('a', 'x'), message('a', 'y')])).map((result) => (result.ok ? result.id : 0)));
      return writers.every((writer) => writer.process.exitCode !== null);
    }, 30_000);
    const all = [...mine, ...writers.flatMap((writer) => acknowledged(writer.lines))].sort((a, b) => a - b);
    expect(all.length).toBe(mine.length + 150 * 10);
    await until(() => recorder.messages.length >= all.length);
    expect(recorder.messages.map((m) => m.id)).toEqual(all);
    await recorder.close();
  });

  it('a bell hangs only while somebody listens, and one of a killed process is taken down', async () => {
    const store = await openStore();
    expect(bells()).toEqual([]);
    const recorder = await Recorder.follow(store, 'a');
    expect(bells()).toHaveLength(1);
    const writer = child('1', '1000000', '5', 'tail');
    await until(() => bells().length === 2, 30_000);
    expect(bells()).toHaveLength(2);
    writer.process.kill('SIGKILL');
    await writer.ended;
    await recorder.close();
    expect(bells()).toHaveLength(1);
    const again = await Recorder.follow(store, 'a');
    expect(bells()).toEqual([expect.stringContaining(`bell-${process.pid}-`)]);
    await again.close();
    expect(bells()).toEqual([]);
  });
});
