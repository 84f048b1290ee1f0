import { Redis, type RedisOptions } from 'ioredis';
import type { Availability } from '../contract';
import { StoreUnavailableError } from '../errors';
import { mapError } from './map-error';
import type { Script } from './script';

export interface ConnectionOptions {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** A command that is not answered in time counts as "the store is away" and costs the connection. */
  readonly commandTimeoutMs: number;
  /** Runs on every new connection before it is used; a rejection leaves it unused until the next one. */
  readonly prepare?: (call: Call) => Promise<void>;
}

export type Argument = string | Buffer | number;
export type Call = (command: string, ...args: Argument[]) => Promise<unknown>;

/** Longest pause between two attempts to connect: a store that returns is in use again within about this time. */
const RETRY_MS = 500;

/**
 * One connection to Redis that never queues and never sends anything twice by itself: while it is down every call is
 * refused at once, and a call whose answer is lost is rejected, so that the caller decides what is safe to repeat.
 */
export class Connection {
  private client: Redis | undefined;
  private current: Availability = { available: false, reason: 'not opened' };
  private readonly listeners = new Set<(availability: Availability) => void>();
  private lastProblem = 'not connected';

  constructor(private readonly options: ConnectionOptions) {}

  get availability(): Availability {
    return this.current;
  }

  onAvailability(listener: (availability: Availability) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Connects; after success it reconnects for ever until `close`. */
  async open(): Promise<void> {
    const { username, password, name, commandTimeoutMs } = this.options;
    const settings: RedisOptions = {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      // 0: whatever was under way when the connection broke is rejected at once.
      maxRetriesPerRequest: 0,
      connectTimeout: commandTimeoutMs,
      keepAlive: 10_000,
      connectionName: name,
      disableClientInfo: true, // would need one more right
      maxLoadingRetryTime: 250,
      retryStrategy: (attempt) => Math.min(20 * attempt, RETRY_MS),
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
    };
    const client = new Redis(this.options.url, settings);
    this.client = client;
    const { promise, settle } = outcome();
    let firstDone = false;
    client.on('error', (error: Error) => {
      this.lastProblem = error.message;
    });
    client.on('ready', () => {
      void this.prepare(client).then(
        () => {
          if (client !== this.client) return;
          firstDone = true;
          this.change({ available: true });
          settle();
        },
        (error: unknown) => {
          if (client !== this.client) return;
          this.lastProblem = (error as Error).message;
          this.change({ available: false, reason: this.lastProblem });
          if (!firstDone) settle(mapError(error));
          // Settings may be mended while we run: look again later.
          else setTimeout(() => client.status === 'ready' && client.disconnect(true), RETRY_MS).unref();
        });
    });
    client.on('close', () => {
      // Also when it was closed by us before it was ever ready.
      if (!firstDone) settle(new StoreUnavailableError(`the store at ${hostOf(this.options.url)} cannot be reached: ${this.lastProblem}`));
      if (client === this.client) this.change({ available: false, reason: this.lastProblem });
    });
    client.connect().catch(() => undefined); // told by the events
    try {
      await promise;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  private async prepare(client: Redis): Promise<void> {
    await this.options.prepare?.((command, ...args) => this.limited(client, client.callBuffer(command, args), this.options.commandTimeoutMs));
  }

  close(): void {
    const client = this.client;
    this.client = undefined;
    this.lastProblem = 'closed';
    client?.disconnect();
    this.change({ available: false, reason: 'closed' });
  }

  /** Replies hold Buffers. */
  call(command: string, ...args: Argument[]): Promise<unknown> {
    return this.run((client) => client.callBuffer(command, args));
  }

  /** A call that the server may hold back for `blockMs`. */
  callBlocking(blockMs: number, command: string, ...args: Argument[]): Promise<unknown> {
    return this.run((client) => client.callBuffer(command, args), blockMs);
  }

  /** Several commands in one write, not atomic. The first refusal rejects. */
  pipeline(commands: readonly (readonly [string, ...Argument[]])[]): Promise<unknown[]> {
    return this.run(async (client) => {
      const pipeline = client.pipeline();
      for (const [command, ...args] of commands) pipeline.callBuffer(command, args);
      const replies = (await pipeline.exec()) ?? [];
      return replies.map(([error, reply]) => {
        if (error !== null) throw error;
        return reply;
      });
    });
  }

  async script(script: Script, prefix: string, ...args: Argument[]): Promise<unknown> {
    return this.run(async (client) => {
      try {
        return await client.callBuffer('EVALSHA', [script.sha, 1, prefix, ...args]);
      } catch (error) {
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
        return client.callBuffer('EVAL', [script.text, 1, prefix, ...args]);
      }
    });
  }

  private async run<T>(send: (client: Redis) => Promise<T>, extraMs = 0): Promise<T> {
    const client = this.client;
    if (client === undefined || !this.current.available) {
      throw new StoreUnavailableError(`the store is not available: ${this.current.available ? 'closed' : this.current.reason}`);
    }
    try {
      return await this.limited(client, send(client), this.options.commandTimeoutMs + extraMs);
    } catch (error) {
      throw mapError(error);
    }
  }

  private limited<T>(client: Redis, reply: Promise<T>, milliseconds: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StoreUnavailableError(`the store did not answer within ${milliseconds} ms`));
        if (client === this.client) this.giveUp(client, `no answer within ${milliseconds} ms`);
      }, milliseconds);
      reply.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /**
   * After a time-out the connection goes: behind a cut that nobody signalled, every later command would wait too. The socket
   * is destroyed, not ended, because a peer that is silent would not answer the end either.
   */
  private giveUp(client: Redis, reason: string): void {
    this.lastProblem = reason;
    this.change({ available: false, reason });
    client.stream?.destroy();
  }

  private change(next: Availability): void {
    const before = this.current;
    this.current = next;
    if (before.available === next.available && (before.available || next.available || before.reason === next.reason)) return;
    for (const listener of this.listeners) listener(next);
  }
}

function outcome(): { promise: Promise<void>; settle: (error?: Error) => void } {
  let settle!: (error?: Error) => void;
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  return { promise, settle };
}

/** A URL without its user and password, fit for a log. */
function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'the given URL';
  }
}
