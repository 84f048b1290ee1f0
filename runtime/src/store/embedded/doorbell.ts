import { closeSync, openSync, readdirSync, rmSync, statSync, watch, writeSync, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { hasEnded } from './processes';

const PREFIX = 'bell-';
/** How long a process that came may go unnoticed, if its own first ring was lost. */
const LOOK_MILLISECONDS = 100;
/** Between two looks of a tail for the work of others: where files can be watched that is only a safety net. */
const SLOW_POLL_MILLISECONDS = 250;
const FAST_POLL_MILLISECONDS = 20;
const STROKE = Buffer.from([1]);

/**
 * Wakes the other processes of a store. Each that listens has a file of its own beside the store and watches it; whoever has
 * committed writes a byte into the files of the others. Alone, nobody is rung and nothing is written.
 */
export class Doorbell {
  private readonly others = new Map<string, number>();
  private own: string | undefined;
  private watcher: FSWatcher | undefined;
  private lookedAt = 0;
  private directoryTime = -1;
  private rungThisTurn = false;
  private again = false;
  private closed = false;

  constructor(private readonly directory: string) {}

  /** From now on others wake this process. Answers how often it should look by itself all the same. */
  listen(onRing: () => void): number {
    if (this.watcher !== undefined) return SLOW_POLL_MILLISECONDS;
    const name = `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;
    const file = path.join(this.directory, name);
    try {
      closeSync(openSync(file, 'wx', 0o600));
      this.watcher = watch(file, { persistent: false }, () => {
        this.look();
        onRing();
      });
      this.watcher.on('error', () => undefined);
    } catch {
      // The system has no watches left, or never had any.
      rmSync(file, { force: true });
      return FAST_POLL_MILLISECONDS;
    }
    this.own = name;
    this.look();
    this.strike(); // so that they know of it
    return SLOW_POLL_MILLISECONDS;
  }

  /** Something was committed. At once, but once a turn of the event loop. */
  ring(): void {
    if (this.rungThisTurn) {
      this.again = true;
      return;
    }
    this.rungThisTurn = true;
    setImmediate(() => {
      this.rungThisTurn = false;
      if (!this.again || this.closed) return;
      this.again = false;
      this.strike();
    });
    const now = performance.now();
    if (now - this.lookedAt > LOOK_MILLISECONDS) {
      this.lookedAt = now;
      this.look();
    }
    this.strike();
  }

  /** Nobody rings this process any more. */
  silence(): void {
    this.watcher?.close();
    this.watcher = undefined;
    if (this.own !== undefined) rmSync(path.join(this.directory, this.own), { force: true });
    this.own = undefined;
  }

  close(): void {
    this.closed = true;
    this.silence();
    for (const descriptor of this.others.values()) closeSync(descriptor);
    this.others.clear();
  }

  private strike(): void {
    for (const [name, descriptor] of this.others) {
      try {
        writeSync(descriptor, STROKE, 0, 1, 0);
      } catch {
        this.forget(name); // a full disk: the poll of the other one finds what there is
      }
    }
  }

  /** Who is there? Only if the directory has changed. */
  private look(): void {
    try {
      const { mtimeMs } = statSync(this.directory);
      if (mtimeMs === this.directoryTime) return;
      this.directoryTime = mtimeMs;
      const found = new Set(readdirSync(this.directory).filter((name) => name.startsWith(PREFIX) && name !== this.own));
      for (const name of this.others.keys()) if (!found.has(name)) this.forget(name);
      for (const name of found) this.meet(name);
    } catch {
      // The directory is away: the next look tries again.
    }
  }

  private meet(name: string): void {
    const file = path.join(this.directory, name);
    if (hasEnded(Number(name.split('-')[1]))) {
      this.forget(name);
      rmSync(file, { force: true });
    } else if (!this.others.has(name)) {
      try {
        this.others.set(name, openSync(file, 'r+'));
      } catch {
        // It has just gone.
      }
    }
  }

  private forget(name: string): void {
    const descriptor = this.others.get(name);
    if (descriptor === undefined) return;
    this.others.delete(name);
    closeSync(descriptor);
  }
}
