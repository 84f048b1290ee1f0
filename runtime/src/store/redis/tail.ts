import type { MessageId, Notice, StoredMessage, Tail, TailListener } from '../contract';
import type { Argument, Connection } from './connection';
import { messageOf, type RawEntry } from './entry';

/** A sleeping reader looks at the position at least this often, so that it moves beside silent logs. */
const BLOCK_MS = 1000;
/** What one read may bring at most, about; the count per log follows the sizes seen. */
const READ_BYTES = 4 * 1024 * 1024;
const MIN_COUNT = 16;
const MAX_COUNT = 512;
const RETRY_MS = 50;

export interface TailLogger {
  warn(context: object, message: string): void;
}

type Streams = readonly [Buffer, readonly RawEntry[]][] | null;

/**
 * Follows the logs and the doorbell on a connection of its own.
 *
 * A blocking read of several streams answers with the one that woke it, so with several logs it is used to wake up only. What
 * is given to the listener comes from a second, non-blocking read of all logs, which is a snapshot: ids grow over the whole
 * storage and are made inside the appending step, so a snapshot that was not cut short holds everything up to its highest id.
 * Of one log alone what woke the reader is such a snapshot, and saves the second read.
 */
export class RedisTail implements Tail {
  private logs: readonly string[] = [];
  private closed = false;
  private bell = '0-0';
  private count = 128;
  private at: MessageId = 0;
  /** When the store's highest id was last looked at: also beside a busy log it must be, now and then, for `clamp`. */
  private lookedAt = 0;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly listener: TailListener,
    /** Wakes all tails of the storage by the doorbell, over another connection: this one is asleep. */
    private readonly wake: () => void,
    private readonly logger: TailLogger | undefined,
    private readonly onClosed: (tail: RedisTail) => void,
  ) {}

  get position(): MessageId {
    return this.at;
  }

  async start(): Promise<void> {
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
    this.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.connection.close();
    this.onClosed(this);
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        // A snapshot that was not cut short leaves nothing behind; what came since ends the sleep at once.
        while (await this.read());
        while (!this.closed && await this.sleep());
      } catch (error) {
        if (this.closed) return;
        // The connection comes back by itself; the position stands, so nothing is missed meanwhile.
        if (this.connection.availability.available) this.logger?.warn({ err: error }, 'tail: reading failed, trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Waits until something is new. True: what came was all there is, and was given. */
  private async sleep(): Promise<boolean> {
    const logs = this.logs;
    const count = logs.length === 1 ? this.count : 1;
    const reply = (await this.connection.callBlocking(BLOCK_MS, 'XREAD', 'COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', ...this.streams(logs))) as Streams;
    if (this.closed || reply === null || logs.length !== 1 || logs !== this.logs) return false;
    return !(await this.give(reply, this.at, logs, count)) && performance.now() - this.lookedAt < BLOCK_MS;
  }

  private streams(logs: readonly string[]): Argument[] {
    // The highest sequence number: an entry that a stranger put behind one of ours must not wake the reader for ever.
    const from = `${this.at}-18446744073709551615`;
    return [`${this.prefix}bell`, ...logs.map((log) => `${this.prefix}log:${log}`), this.bell, ...logs.map(() => from)];
  }

  /** One snapshot. True: there may be more at once. */
  private async read(): Promise<boolean> {
    const logs = this.logs;
    const count = this.count;
    // The highest id is read first: what it counts is in the snapshot that follows.
    const [last, reply] = (await this.connection.pipeline([
      ['GET', `${this.prefix}last`],
      ['XREAD', 'COUNT', count, 'STREAMS', ...this.streams(logs)],
    ])) as [Buffer | null, Streams];
    if (this.closed) return false;
    // A log was added while this was under way: its newest messages may lie below the position that this snapshot would give.
    if (logs !== this.logs) return true;
    this.lookedAt = performance.now();
    this.clamp(Number(last ?? 0));
    return this.give(reply, Math.max(this.at, Number(last ?? 0)), logs, count);
  }

  /** Passes a snapshot on that reaches to `highest` or beyond. True: it was cut short. */
  private async give(reply: Streams, highest: MessageId, logs: readonly string[], count: number): Promise<boolean> {
    const messages: StoredMessage[] = [];
    let position = highest;
    let cut = Infinity;
    let bytes = 0;
    const logPrefix = `${this.prefix}log:`;
    for (const [key, entries] of reply ?? []) {
      const name = key.toString();
      if (name === `${this.prefix}bell`) {
        this.notices(entries);
        continue;
      }
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
    if (messages.length > 0) this.count = Math.max(MIN_COUNT, Math.min(MAX_COUNT, Math.floor(READ_BYTES / (bytes / messages.length) / logs.length)));

    const limited = cut < Infinity;
    if (limited) position = cut;
    messages.sort((a, b) => a.id - b.id);
    const given = limited ? messages.filter((m) => m.id <= cut) : messages;
    if (given.length === 0 && position === this.at) return limited;
    this.at = position;
    await this.listener.onMessages(given, position);
    return limited;
  }

  /** The store lost its newest part (restored from an older file): what comes now may lie behind us. */
  private clamp(last: MessageId): void {
    if (last >= this.at) return;
    this.logger?.warn({ position: this.at, last }, 'tail: the store went back; following it from its newest message');
    this.at = last;
  }

  private notices(entries: readonly RawEntry[]): void {
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
    case 'takeover':
      return { kind: 'takeover', clientId: values.get('clientId') ?? '', epoch: Number(values.get('epoch')), gatewayId: values.get('gatewayId') ?? '' };
    default:
      return undefined; // `wake`, or one of a newer gateway
  }
}
