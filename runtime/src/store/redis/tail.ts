import type { MessageId, Notice, StoredMessage, Tail, TailListener } from '../contract';
import type { RecentBatches } from '../shared/recent';
import type { Connection } from './connection';
import { messageOf, type RawEntry } from './entry';

/** A sleeping reader looks by itself at least this often. */
const BLOCK_MS = 1000;
/** What one read may bring at most, about; the count per log follows the sizes seen. */
const READ_BYTES = 4 * 1024 * 1024;
const MIN_COUNT = 16;
const MAX_COUNT = 512;
const RETRY_MS = 50;
/** How long what others stored may take to wake this reader before it is woken for what it cannot find in memory. */
const GAP_MS = 5;

export interface TailLogger {
  warn(context: object, message: string): void;
}

type Streams = readonly [Buffer, readonly RawEntry[]][] | null;

/** What a tail needs of those of its process. */
export interface TailGroup {
  readonly recent: RecentBatches;
  add(tail: RedisTail): Promise<void>;
  remove(tail: RedisTail): Promise<void>;
  renew(): Promise<void>;
}

/**
 * Follows the logs, from two sides.
 *
 * What this process stores is given from memory (`recent`) as soon as it is stored. What others store is read: a connection of
 * its own sleeps on the doorbell and on `wake`, whose entries bear the highest id of a batch, and then reads all logs without
 * blocking. That read is a snapshot: ids grow over the whole storage and are made inside the appending step, so a snapshot that
 * was not cut short holds everything up to its highest id. Either side goes on from the one position, in turns.
 */
export class RedisTail implements Tail {
  private logs: readonly string[] = [];
  private followed: ReadonlySet<string> = new Set();
  private closed = false;
  private bell = '0-0';
  private count = 128;
  private at: MessageId = 0;
  private running: Promise<void> = Promise.resolve();
  /** One side at a time gives pages to the listener. */
  private turn: Promise<unknown> | undefined;
  private asleep = false;

  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly listener: TailListener,
    /** Wakes all tails of the storage by the doorbell, over another connection: this one is asleep. */
    private readonly wake: () => void,
    private readonly logger: TailLogger | undefined,
    private readonly group: TailGroup,
  ) {}

  get position(): MessageId {
    return this.at;
  }

  async start(): Promise<void> {
    await this.group.add(this);
    const [last, bell] = (await this.connection.pipeline([
      ['GET', `${this.prefix}last`],
      ['XREVRANGE', `${this.prefix}bell`, '+', '-', 'COUNT', 1],
    ])) as [Buffer | null, RawEntry[]];
    this.at = Number(last ?? 0);
    if (bell.length > 0) this.bell = bell[0]![0].toString();
    this.running = this.run();
  }

  setLogs(logs: readonly string[]): void {
    const next = [...new Set(logs)].sort();
    if (next.join() === this.logs.join()) return;
    this.logs = next;
    this.followed = new Set(next);
    this.wake();
  }

  /** This process has stored something. */
  ring(): void {
    if (this.turn === undefined && !this.closed) void this.inTurn(() => this.giveRecent());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.connection.close();
    await Promise.all([this.group.remove(this), this.running]);
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        // A snapshot that was not cut short leaves nothing behind; what came since ends the sleep at once.
        while (await this.read());
        await this.inTurn(() => this.giveRecent());
        await this.group.renew();
        if (!this.behind()) await this.sleep();
      } catch (error) {
        if (this.closed) return;
        // The connection comes back by itself; the position stands, so nothing is missed meanwhile.
        if (this.connection.availability.available) this.logger?.warn({ err: error }, 'tail: reading failed, trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Something of this process lies ahead and is no longer, or not yet, in memory in one piece. */
  private behind(): boolean {
    return this.group.recent.last > this.at && this.turn === undefined;
  }

  /** Waits for a notice or for what another process has stored. */
  private async sleep(): Promise<void> {
    this.asleep = true;
    try {
      const reply = (await this.connection.callBlocking(BLOCK_MS, 'XREAD', 'BLOCK', BLOCK_MS, 'STREAMS',
        `${this.prefix}bell`, `${this.prefix}wake`, this.bell, this.after())) as Streams;
      if (!this.closed) this.takeNotices(reply);
    } finally {
      this.asleep = false;
    }
  }

  /** The highest sequence number: an entry that a stranger put behind one of ours must not wake the reader for ever. */
  private after(): string {
    return `${this.at}-18446744073709551615`;
  }

  /** One snapshot. True: there may be more at once. */
  private async read(): Promise<boolean> {
    const logs = this.logs;
    const count = this.count;
    const from = this.at;
    const after = this.after();
    // The highest id is read first: what it counts is in the snapshot that follows.
    const [last, reply] = (await this.connection.pipeline([
      ['GET', `${this.prefix}last`],
      ['XREAD', 'COUNT', count, 'STREAMS', `${this.prefix}bell`, ...logs.map((log) => `${this.prefix}log:${log}`), this.bell, ...logs.map(() => after)],
    ])) as [Buffer | null, Streams];
    return this.inTurn(async () => {
      if (this.closed) return false;
      // A log was added while this was under way: its newest messages may lie below the position that this snapshot would give.
      if (logs !== this.logs) return true;
      // Meanwhile the position may have moved on with what this process stored.
      if (Number(last ?? 0) < from) this.goBack(Number(last ?? 0));
      return this.give(reply, Number(last ?? 0), count);
    });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.turn !== undefined) await this.turn.catch(() => undefined);
    const turn = work().finally(() => {
      this.turn = undefined;
    });
    this.turn = turn;
    return turn;
  }

  /** Passes a snapshot on that reaches to `highest` or beyond. True: it was cut short. */
  private async give(reply: Streams, highest: MessageId, count: number): Promise<boolean> {
    this.takeNotices(reply);
    const messages: StoredMessage[] = [];
    let position = highest;
    let cut = Infinity;
    let bytes = 0;
    const logPrefix = `${this.prefix}log:`;
    for (const [key, entries] of reply ?? []) {
      const name = key.toString();
      if (!name.startsWith(logPrefix)) continue;
      const log = name.slice(logPrefix.length);
      for (const entry of entries) {
        const message = messageOf(log, entry);
        bytes += message.payload.length + 200;
        if (message.id > this.at) messages.push(message);
      }
      const end = Number.parseInt(entries.at(-1)![0].toString(), 10);
      position = Math.max(position, end);
      // This log has more: beyond its last entry the snapshot has holes.
      if (entries.length >= count) cut = Math.min(cut, end);
    }
    if (messages.length > 0) this.count = Math.max(MIN_COUNT, Math.min(MAX_COUNT, Math.floor(READ_BYTES / (bytes / messages.length) / this.logs.length)));

    const limited = cut < Infinity;
    if (limited) position = cut;
    messages.sort((a, b) => a.id - b.id);
    await this.pass(limited ? messages.filter((m) => m.id <= cut) : messages, position);
    return limited;
  }

  private async giveRecent(): Promise<void> {
    for (let page; !this.closed && (page = this.group.recent.page(this.at, this.followed)) !== undefined;) {
      await this.pass(page.messages, page.position);
    }
    // Others stored in between, and their wake is on its way; or what was in memory has gone, which nobody wakes for.
    if (this.group.recent.last > this.at && this.asleep) setTimeout(() => this.behind() && this.asleep && !this.closed && this.wake(), GAP_MS).unref();
  }

  private async pass(messages: readonly StoredMessage[], position: MessageId): Promise<void> {
    if (position <= this.at) return;
    this.at = position;
    await this.listener.onMessages(messages, position);
  }

  /** The store lost its newest part (restored from an older file): what comes now may lie behind us. */
  private goBack(last: MessageId): void {
    this.logger?.warn({ position: this.at, last }, 'tail: the store went back; following it from its newest message');
    this.at = last;
  }

  private takeNotices(reply: Streams): void {
    const entries = reply?.find(([key]) => key.toString() === `${this.prefix}bell`)?.[1] ?? [];
    for (const [id, fields] of entries) {
      this.bell = id.toString();
      const values = new Map<string, string>();
      for (let i = 0; i < fields.length; i += 2) values.set(fields[i]!.toString(), fields[i + 1]!.toString());
      const notice = noticeOf(values);
      if (notice !== undefined) this.listener.onNotice(notice);
    }
  }
}

function noticeOf(values: ReadonlyMap<string, string>): Notice | undefined {
  switch (values.get('kind')) {
    case 'documents':
      return { kind: 'documents', revision: Number(values.get('revision')) };
    case 'share':
      return { kind: 'share', share: { log: values.get('log') ?? '', name: values.get('name') ?? '', filter: values.get('filter') ?? '' } };
    case 'records':
      return { kind: 'records', recordKind: values.get('recordKind') ?? '', id: values.get('id') ?? '', revision: Number(values.get('revision')) };
    case 'takeover':
      return { kind: 'takeover', clientId: values.get('clientId') ?? '', epoch: Number(values.get('epoch')), gatewayId: values.get('gatewayId') ?? '' };
    default:
      return undefined; // `wake`, or one of a newer gateway
  }
}
