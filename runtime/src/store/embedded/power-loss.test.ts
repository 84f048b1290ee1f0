import { randomFillSync } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppendResult } from '../contract';
import { idOf, message, retainedOf, subscription } from '../suite/bench';
import { Checkpoints } from './checkpoint';
import { EmbeddedStore } from './embedded-store';

const PAGE = 4096;
const ROOT_PAGES = 2;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'embedded-power-'));
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

/** Lets the next checkpoint come, and none after it: the test turns the clock. Gives the file that it wrote. */
async function nextCheckpoint(file: string): Promise<Buffer> {
  const before = readFileSync(file);
  let last = before;
  vi.advanceTimersByTime(1_000);
  await expect.poll(() => {
    const now = readFileSync(file);
    const written = !now.equals(before) && now.equals(last);
    last = now;
    return written;
  }).toBe(true);
  return last;
}

describe('durability process over a loss of power', () => {
  it('the store is as it was at its last checkpoint, whatever became of the pages written since', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const running = path.join(directory, 'running');
    const store = new EmbeddedStore({ directory: running, storageId: 'storage' });
    await store.open();
    const opened = await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' });
    await store.subscribe({ clientId: 'c', epoch: opened.epoch }, [subscription('a/#')]);
    let batch = 0;
    const send = async (batches: number): Promise<readonly AppendResult[]> => {
      const results: AppendResult[] = [];
      for (let i = 0; i < batches; i++) results.push(...(await store.append('g', ++batch, Array.from({ length: 5 }, () => message(`a/${batch % 7}`, 'x'.repeat(256), { retain: true })))));
      return results;
    };
    await send(300);
    for (let left = 200; left > 0; left -= await store.trim({ retentionSeconds: 3600, storedMessages: 1000 })); // pages to use again
    const kept = await send(100);
    const checkpoint = await nextCheckpoint(path.join(running, 'checkpoint'));
    const before = readFileSync(path.join(running, 'data.mdb'));
    await send(200);
    await store.trim({ retentionSeconds: 3600, storedMessages: 100 });
    const after = readFileSync(path.join(running, 'data.mdb'));
    expect(readFileSync(path.join(running, 'checkpoint')).equals(checkpoint)).toBe(true);

    // The disk kept what was flushed; every page written since holds anything, the roots what was newest.
    const crashed = path.join(directory, 'crashed');
    mkdirSync(crashed);
    let lost = 0;
    for (let at = ROOT_PAGES * PAGE; at < after.length; at += PAGE) {
      const page = after.subarray(at, at + PAGE);
      if (at < before.length && page.equals(before.subarray(at, at + PAGE))) continue;
      randomFillSync(page);
      lost++;
    }
    expect(lost).toBeGreaterThan(50);
    writeFileSync(path.join(crashed, 'data.mdb'), after);
    copyFileSync(path.join(running, 'checkpoint'), path.join(crashed, 'checkpoint'));
    await store.close();

    expect(Checkpoints.recover(crashed)).toBe(false); // the same start of the machine
    expect(Checkpoints.recover(crashed, 'another start of the machine')).toBe(true);
    const back = new EmbeddedStore({ directory: crashed, storageId: 'storage' });
    await back.open();
    expect((await back.readMessages(kept.map((r) => ({ log: 'a', id: idOf(r) })))).filter((m) => m?.payload.length !== 256)).toEqual([]);
    expect(await back.lastId()).toBe(idOf(kept.at(-1)!));
    expect(await retainedOf(back, 'a/+')).toHaveLength(7);
    const again = await back.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'h' });
    const page = await back.readMissed({ clientId: 'c', epoch: again.epoch }, 0, await back.lastId(), 2000);
    expect(page.messages.length).toBe((await back.statistics()).messages);
    for (let i = 1; i <= 50; i++) expect((await back.append('h', i, [message('a/x', 'new')]))[0]!.ok).toBe(true);
    await back.close();
  });

  it('an old checkpoint is never put back over commits that were flushed', async () => {
    for (const durability of ['process', 'power'] as const) {
      const store = new EmbeddedStore({ directory, storageId: 'storage', durability });
      await store.open();
      await store.append('g', durability === 'process' ? 1 : 2, [message('a', durability)]);
      await store.close();
    }
    expect(Checkpoints.recover(directory, 'another start of the machine')).toBe(false);
  });
});
