import { createHash } from 'node:crypto';
import { closeSync, constants, fdatasync, fdatasyncSync, fstatSync, openSync, readFileSync, readSync, rmSync, write, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Keeps a store that is committed without flushing whole over a loss of power.
 *
 * Unflushed, the disk receives pages in any order, and a root may arrive before what it points to. So about once a
 * second, and up to five times while the store is busy, the newest state is pinned by a read transaction (lmdb then never
 * overwrites its pages), the file is flushed, and a copy of its roots goes to a file beside it. After a loss of power the
 * copy is put back: the store is as it was then.
 * A mere crash of the process needs none of this, because the operating system still has every page.
 */

const ROOT_BYTES = 8192;
/** sequence (8), boot id (36), roots, SHA-256. */
const BOOT_ID_BYTES = 36;
const ROOTS_AT = 8 + BOOT_ID_BYTES;
const SLOT_BYTES = ROOTS_AT + ROOT_BYTES + 32;
const SLOT_SPACING = 12_288;
const INTERVAL_MILLISECONDS = 1000;
/**
 * A busy store takes them sooner: what is flushed at once holds up the commits beside it (12–25 ms for a second's worth, 4–10 ms
 * for a fifth), and pinned pages are not used again, so the file grows by what is written between two checkpoints.
 */
const BUSY_INTERVAL_MILLISECONDS = 200;
const BUSY_COMMITS = 256;
/** As late as this only where the disk is behind. */
const GROWTH_BYTES = 64 * 2 ** 20;
const COMMITS_PER_LOOK = 64;

const flush = promisify(fdatasync);
const writeAt = promisify(write);

/** What the checkpoints need of an environment. */
export interface Pinnable {
  /**
   * Under the write lock: calls `capture` when the newest commit is pinned; the function that comes back unpins. Undefined:
   * another process does the checkpoints at the moment.
   */
  pin(capture: () => void): (() => void) | undefined;
  /** Lets another process do the checkpoints. */
  resign(): void;
}

interface Slot {
  readonly sequence: number;
  readonly bootId: string;
  readonly roots: Buffer;
}

export class Checkpoints {
  private readonly name: string;
  private readonly data: number;
  private readonly file: number;
  private unpin: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private commits = 0;
  /** Those before the newest checkpoint began, and when it did. */
  private commitsBefore = 0;
  private begunAt = 0;
  private sizeBefore = 0;
  private failed: unknown;

  private constructor(directory: string, private readonly environment: Pinnable) {
    this.name = checkpointFile(directory);
    this.data = openSync(path.join(directory, 'data.mdb'), 'r+');
    this.file = openSync(this.name, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  /** Before lmdb opens the file: puts the roots back if the machine was started anew since. True: they were. */
  static recover(directory: string, boot = bootId()): boolean {
    const slot = newest(checkpointFile(directory));
    if (slot === undefined || boot === '' || slot.bootId === boot) return false;
    const data = openSync(path.join(directory, 'data.mdb'), 'r+');
    try {
      writeSync(data, slot.roots, 0, ROOT_BYTES, 0);
      fdatasyncSync(data);
    } finally {
      closeSync(data);
    }
    return true;
  }

  /** For a durability that flushes every commit: an old checkpoint must never be put back over it. */
  static discard(directory: string): void {
    rmSync(checkpointFile(directory), { force: true });
  }

  /** The first checkpoint stands before anything is written. */
  static async start(directory: string, environment: Pinnable): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(directory, environment);
    await checkpoints.take();
    return checkpoints;
  }

  /** After each commit. A promise: wait, the disk is far behind. */
  committed(): Promise<void> | undefined {
    this.timer ??= setTimeout(() => this.begin(), INTERVAL_MILLISECONDS).unref();
    if (++this.commits % COMMITS_PER_LOOK !== 0) return undefined;
    const busy = this.commits - this.commitsBefore >= BUSY_COMMITS && performance.now() - this.begunAt >= BUSY_INTERVAL_MILLISECONDS;
    const growth = fstatSync(this.data).size - this.sizeBefore;
    if (busy || growth > GROWTH_BYTES) this.begin();
    return growth > GROWTH_BYTES * 4 ? this.running : undefined;
  }

  /** Writes everything to the disk, so that putting the roots back changes nothing. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.running;
    await this.take().catch(() => undefined); // a full disk: the last checkpoint still stands
    this.unpin?.();
    this.environment.resign();
    closeSync(this.data);
    closeSync(this.file);
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.running !== undefined) return;
    this.commitsBefore = this.commits;
    this.begunAt = performance.now();
    this.running = this.take()
      .then(() => (this.failed = undefined), (error: unknown) => (this.failed = error))
      .then(() => {
        this.running = undefined;
        if (this.failed !== undefined) void this.committed(); // try again in a second
      });
  }

  private async take(): Promise<void> {
    const roots = Buffer.alloc(ROOT_BYTES);
    const unpin = this.environment.pin(() => {
      readSync(this.data, roots, 0, ROOT_BYTES, 0);
    });
    if (unpin === undefined) {
      this.unpin?.();
      this.unpin = undefined;
      return;
    }
    try {
      this.sizeBefore = fstatSync(this.data).size;
      await flush(this.data);
      const sequence = (newest(this.name)?.sequence ?? 0) + 1;
      const slot = encode({ sequence, bootId: bootId(), roots });
      await writeAt(this.file, slot, 0, slot.length, (sequence % 2) * SLOT_SPACING);
      await flush(this.file);
    } catch (error) {
      unpin();
      throw error;
    }
    this.unpin?.();
    this.unpin = unpin;
  }
}

function checkpointFile(directory: string): string {
  return path.join(directory, 'checkpoint');
}

/** Differs after each start of the machine. Empty where the system has none: then nothing is ever put back. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

function encode({ sequence, bootId: boot, roots }: Slot): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  slot.writeDoubleBE(sequence, 0);
  slot.write(boot, 8, BOOT_ID_BYTES, 'latin1');
  roots.copy(slot, ROOTS_AT);
  checksum(slot).copy(slot, SLOT_BYTES - 32);
  return slot;
}

/** The newest slot that is whole: the other one may have been under way when the power went. */
function newest(file: string): Slot | undefined {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch {
    return undefined;
  }
  const slots = [0, 1].map((i) => content.subarray(i * SLOT_SPACING, i * SLOT_SPACING + SLOT_BYTES))
    .filter((slot) => slot.length === SLOT_BYTES && checksum(slot).equals(slot.subarray(SLOT_BYTES - 32)))
    .map((slot) => ({ sequence: slot.readDoubleBE(0), bootId: slot.toString('latin1', 8, ROOTS_AT).replace(/\0+$/, ''), roots: slot.subarray(ROOTS_AT, ROOTS_AT + ROOT_BYTES) }));
  return slots.sort((a, b) => b.sequence - a.sequence)[0];
}

function checksum(slot: Buffer): Buffer {
  return createHash('sha256').update(slot.subarray(0, SLOT_BYTES - 32)).digest();
}
