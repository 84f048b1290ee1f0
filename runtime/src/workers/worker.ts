/** A worker's side: a gateway like any other, started and stopped by the primary, which also answers for its health. */
import process from 'node:process';
import { startGateway, type Gateway } from '../gateway';
import type { GatewayStatus } from '../gateway/status';
import { createLogger } from '../logging';
import { makeStore } from '../open-store';
import { UserError } from '../user-error';
import { SIGN_OF_LIFE_MS, type FromWorker, type ToWorker, type WorkerPlan } from './messages';

/** Returns when the primary has stopped it, or after a failure that was told. */
export async function runWorker(): Promise<void> {
  // the terminal and service managers signal every process; the primary alone decides, and says so in the channel
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const channel = new Channel();
  const signs = setInterval(() => channel.signOfLife(), SIGN_OF_LIFE_MS);
  try {
    await serve(channel, await channel.planned);
  } catch (error) {
    if (!channel.stopping.aborted) await channel.tell(failure(error));
  } finally {
    clearInterval(signs);
    // with the channel, the last thing that keeps this process goes
    if (process.connected) process.disconnect();
  }
}

async function serve(channel: Channel, { identity, config, store: spec, sealingKey, log, predecessor }: WorkerPlan): Promise<void> {
  const logger = createLogger({
    level: config.logLevel, format: log.format, stream: log.stream === 'stdout' ? process.stdout : process.stderr,
    fields: { ...log.fields, worker: identity.number },
  });
  const store = await makeStore(spec, config.storageId, logger);
  const gateway: Gateway = await startGateway({
    config, store, sealingKey, logger, worker: identity, signal: channel.stopping,
    onStatus: (status) => channel.status(status),
    beforeListening: async () => {
      // it is known to be dead, so nobody needs to wait until its lease runs out
      if (predecessor !== null) await store.removeGateway(predecessor);
      void channel.tell({ kind: 'prepared' });
      await channel.opened;
    },
  });
  void channel.tell({ kind: 'running', listeners: gateway.listeners, certificateFingerprint: gateway.certificateFingerprint });
  await channel.stopped;
  await gateway.stop();
}

function failure(error: unknown): FromWorker {
  if (error instanceof UserError) return { kind: 'failed', message: error.message, exitCode: error.exitCode };
  return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: null };
}

class Channel {
  readonly planned: Promise<WorkerPlan>;
  readonly opened: Promise<void>;
  readonly stopped: Promise<void>;
  private readonly abort = new AbortController();
  private last: GatewayStatus | undefined;

  constructor() {
    const { promise: planned, resolve: plan, reject: neverPlanned } = deferred<WorkerPlan>();
    const { promise: opened, resolve: open, reject: neverOpen } = deferred<void>();
    this.planned = planned;
    this.opened = opened;
    // nobody may be waiting yet
    planned.catch(() => undefined);
    opened.catch(() => undefined);
    this.stopped = new Promise((resolve) => this.abort.signal.addEventListener('abort', () => resolve()));
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'start') plan(message.plan);
      else if (message.kind === 'open') open();
      else {
        this.abort.abort();
        const error = new Error('stopped before it was running');
        neverPlanned(error);
        neverOpen(error);
      }
    });
    void this.tell({ kind: 'hello' });
  }

  get stopping(): AbortSignal {
    return this.abort.signal;
  }

  status(status: GatewayStatus): void {
    this.last = status;
    void this.tell({ kind: 'status', status });
  }

  signOfLife(): void {
    if (this.last) void this.tell({ kind: 'status', status: this.last });
  }

  /** Resolves when it was handed over; a primary that is gone hears nothing, and its workers end without it. */
  tell(message: FromWorker): Promise<void> {
    return new Promise((resolve) => {
      if (process.connected) process.send!(message, undefined, undefined, () => resolve());
      else resolve();
    });
  }
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: Error): void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
}
