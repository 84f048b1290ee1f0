import { chmodSync, mkdirSync, realpathSync, statSync, statfsSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { RootDatabase } from 'lmdb';
import { StoreConfigurationError, StoreFullError, StoreUnavailableError } from '../errors';
import { Checkpoints, type Pinnable } from './checkpoint';
import { damageOf } from './datafile';
import { Doorbell } from './doorbell';
import { hasEnded } from './processes';
import { RecentBatches } from '../shared/recent';
import { Records } from './records';
import { HOT_KINDS } from './keys';
import { SplitTable, Table } from './table';

/**
 * What an acknowledgement stands for. `process`: committed to the operating system, so a crash or a kill of the process
 * loses nothing. `power`: flushed to the disk, so a loss of power loses nothing either.
 */
export type EmbeddedDurability = 'process' | 'power';

/** A process that does the checkpoints and is not heard of for so long has ended; one on this machine is looked up at once. */
const CHECKPOINT_LEASE_MILLISECONDS = 5000;
/** Steps in one turn of the event loop before it gets a chance to turn. */
const STEPS_PER_TURN = 16;
/** Address space only: the file grows with its content. */
const MAP_BYTES = 64 * 2 ** 30;
/** Below this an I/O error means that the disk is full: lmdb reports a short write as EIO. */
const NO_ROOM_BYTES = 16 * 2 ** 20;
const FULL_CODES = new Set<unknown>([28, 122, 27, -30792]); // ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL

/** One opened lmdb file. lmdb must not open a file twice in one process, so stores of one directory share it. */
export class Environment {
  private static readonly opened = new Map<string, Promise<Environment>>();
  private users = 0;
  private broken = false;
  private checkpoints: Checkpoints | undefined;
  private stepsThisTurn = 0;

  readonly log: Table;
  readonly index: Table;
  readonly state: Table;
  readonly recent = new RecentBatches();
  private readonly tails = new Set<() => void>();
  private readonly doorbell: Doorbell;
  private poll: NodeJS.Timeout | undefined;

  private constructor(private readonly root: RootDatabase<Buffer, Buffer>, readonly directory: string, readonly durability: EmbeddedDurability) {
    const open = (name: string) => root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' });
    this.log = new Table(open('log'));
    this.index = new Table(open('index'));
    this.state = new SplitTable(open('state'), new Table(open('hot')), HOT_KINDS);
    this.doorbell = new Doorbell(directory);
  }

  static async open(directory: string, durability: EmbeddedDurability): Promise<Environment> {
    const real = makeDirectory(directory);
    let opening = Environment.opened.get(real);
    if (opening === undefined) {
      opening = Environment.load(real, durability);
      Environment.opened.set(real, opening);
      opening.catch(() => Environment.opened.delete(real));
    }
    const environment = await opening;
    if (environment.durability !== durability) {
      throw new StoreConfigurationError(`${directory} is open in this process with durability ${environment.durability}, asked for: ${durability}`);
    }
    environment.users++;
    return environment;
  }

  private static async load(directory: string, durability: EmbeddedDurability): Promise<Environment> {
    const { open } = await import('lmdb').catch((error: Error) => {
      throw new StoreConfigurationError(`the embedded store needs the npm package lmdb, which cannot be loaded here (${error.message.split('\n')[0]}): run \`npm install lmdb\`, or use a Redis store`);
    });
    const file = path.join(directory, 'data.mdb');
    const damage = damageOf(file);
    if (durability === 'process' && damage === undefined) Checkpoints.recover(directory);
    if (damage !== undefined) throw new StoreConfigurationError(`${file} cannot be opened as a store: ${damage}; check the file's rights, move a damaged file away, or restore a copy of it`);
    try {
      const root = open<Buffer, Buffer>({
        path: file, keyEncoding: 'binary', encoding: 'binary', mapSize: MAP_BYTES, maxDbs: 8,
        noSync: durability === 'process', maxReaders: 512,
      } as Parameters<typeof open>[0]);
      const environment = new Environment(root, directory, durability);
      for (const name of [file, `${file}-lock`]) chmodSync(name, 0o600);
      if (durability === 'process') environment.checkpoints = await Checkpoints.start(directory, environment.pinnable());
      else Checkpoints.discard(directory);
      return environment;
    } catch (error) {
      throw new StoreConfigurationError(`${file} cannot be opened as a store: ${(error as Error).message}; check the file's rights, move a damaged file away, or restore a copy of it`);
    }
  }

  async close(): Promise<void> {
    if (--this.users > 0) return;
    Environment.opened.delete(this.directory);
    this.broken = true;
    clearInterval(this.poll);
    this.doorbell.close();
    await this.checkpoints?.close();
    await this.root.close();
  }

  /** Reads see the newest commit of any process. Synchronous, so that a read is one snapshot. */
  read<T>(step: () => T): T {
    if (this.broken) throw new StoreUnavailableError('the store is closed');
    try {
      this.root.resetReadTxn();
      return step();
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** One atomic step: all of it or nothing. Resolves when the durability is met. A step must not return a promise. */
  async write<T>(step: () => T): Promise<T> {
    if (this.broken) throw new StoreUnavailableError('the store is closed');
    let result: { value: T };
    try {
      if (this.durability === 'process') {
        result = this.root.transactionSync(() => ({ value: step() }));
        await this.afterCommit();
      } else {
        // Off the main thread, because it waits for the disk; a child, because only that can be undone alone.
        result = await this.root.childTransaction(() => ({ value: step() }));
        await this.root.flushed;
      }
    } catch (error) {
      throw this.translate(error);
    }
    return result.value;
  }

  get hasTails(): boolean {
    return this.tails.size > 0;
  }

  /** Calls back when there may be something new, whoever wrote it; returns the function that ends it. */
  follow(onNews: () => void): () => void {
    this.tails.add(onNews);
    this.poll ??= setInterval(this.tell, this.doorbell.listen(this.tell)).unref();
    return () => {
      this.tails.delete(onNews);
      if (this.tails.size > 0) return;
      clearInterval(this.poll);
      this.poll = undefined;
      this.doorbell.silence();
    };
  }

  /** After each step that a tail may wait for. */
  ring(): void {
    this.tell();
    this.doorbell.ring();
  }

  private readonly tell = (): void => {
    for (const onNews of this.tails) onNews();
  };

  /** A caller that only ever waits for the next step must not keep the process from its sockets, nor outrun the disk. */
  private async afterCommit(): Promise<void> {
    if (this.stepsThisTurn++ === 0) setImmediate(() => (this.stepsThisTurn = 0));
    if (this.stepsThisTurn > STEPS_PER_TURN) await new Promise(setImmediate);
    await this.checkpoints?.committed();
  }

  private pinnable(): Pinnable {
    const records = new Records(this.state);
    const self = `${hostname()} ${process.pid}`;
    return {
      pin: (capture) => {
        let unpin: (() => void) | undefined;
        this.root.transactionSync(() => {
          const now = Date.now();
          const free = isGone(records.leaseHolder('checkpoint'));
          if (!records.lease('checkpoint', self, now, now + CHECKPOINT_LEASE_MILLISECONDS, free)) return;
          this.root.resetReadTxn();
          const transaction = this.root.useReadTransaction();
          unpin = () => transaction.done();
          capture();
        });
        return unpin;
      },
      resign: () => this.root.transactionSync(() => {
        if (records.leaseHolder('checkpoint') === self) records.lease('checkpoint', self, 0, 0);
      }),
    };
  }

  /** Errors of lmdb carry a number; everything else is ours. */
  private translate(error: unknown): unknown {
    const code = (error as { code?: unknown }).code;
    const message = error instanceof Error ? error.message : String(error);
    if (/closed|Commit failed/.test(message) && typeof code !== 'number') return new StoreUnavailableError(message);
    if (typeof code !== 'number') return error;
    if (FULL_CODES.has(code) || (code === 5 && this.roomBytes() < NO_ROOM_BYTES)) return new StoreFullError(`no room left in ${this.directory}`);
    return new StoreUnavailableError(`${this.directory}: ${message}`);
  }

  fileBytes(): number {
    return statSync(path.join(this.directory, 'data.mdb')).size;
  }

  private roomBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(this.directory);
      return bavail * bsize;
    } catch {
      return Infinity;
    }
  }
}

/** The holder was a process of this machine that has ended. */
function isGone(holder: string | undefined): boolean {
  const [host, pid] = holder?.split(' ') ?? [];
  return host === hostname() && hasEnded(Number(pid));
}

function makeDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    return realpathSync(directory);
  } catch (error) {
    throw new StoreConfigurationError(`${directory} cannot be used as a store's directory (${(error as Error).message}): name a directory that this user may write`);
  }
}
