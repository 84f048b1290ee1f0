import { existsSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ReadyFile, TOUCH_INTERVAL_MS } from './ready-file';

const folder = mkdtempSync(path.join(os.tmpdir(), 'ready-'));
const file = path.join(folder, 'ready');
afterEach(() => { vi.useRealTimers(); rmSync(file, { force: true }); });

describe('the ready file', () => {
  it('is there while the process is ready, and gone at once when it is not', () => {
    let ready = false;
    const readyFile = new ReadyFile(file, () => ready);
    readyFile.start();
    expect(existsSync(file)).toBe(false);
    ready = true;
    readyFile.update();
    expect(existsSync(file)).toBe(true);
    ready = false;
    readyFile.update();
    expect(existsSync(file)).toBe(false);
    readyFile.stop();
  });

  it('is touched again and again, so that its age tells whether the process still lives', () => {
    vi.useFakeTimers();
    const readyFile = new ReadyFile(file, () => true);
    readyFile.start();
    utimesSync(file, 1, 1);
    vi.advanceTimersByTime(TOUCH_INTERVAL_MS);
    expect(statSync(file).mtimeMs).toBeGreaterThan(1_000);
    readyFile.stop();
    expect(existsSync(file)).toBe(false);
  });

  it('is a matter of choice', () => {
    const none = new ReadyFile(undefined, () => true);
    none.start();
    none.stop();
  });
});
