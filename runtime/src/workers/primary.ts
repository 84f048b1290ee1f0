/**
 * The primary of several workers: keeps them running and answers for them. It owns no data, has no connection to the
 * store, and touches no connection: workers get the listening sockets from it (node:cluster) and accept by themselves.
 */
import cluster from 'node:cluster';
import type { ListenerBindings } from '../../../lib/manifest/manifest';
import { addApiForwarding } from '../api/forward';
import type { GatewayConfig } from '../config/gateway-config';
import { newGatewayId } from '../gateway/gateway-id';
import { portError } from '../gateway/port-error';
import { HealthServer } from '../health/server';
import type { Logger } from '../logging';
import { addWorkerMetrics } from '../metrics/worker-routes';
import type { StoreSpec } from '../open-store';
import { UserError, type ExitCode } from '../user-error';
import type { LogPlan } from './messages';
import { groupReadiness, type GroupReadiness } from './readiness';
import { WorkerSlot, type Running, type WorkerFailure } from './worker-slot';

export interface WorkersOptions {
  readonly count: number;
  readonly config: GatewayConfig;
  readonly store: StoreSpec;
  readonly sealingKey: string;
  readonly logger: Logger;
  readonly log: LogPlan;
  readonly signal?: AbortSignal;
  /** Called whenever readiness may have changed. */
  onReady?(ready: boolean): void;
}

export interface Workers {
  /** With the ports that were taken. */
  readonly listeners: ListenerBindings;
  readonly certificateFingerprint: string | undefined;
  /** Drains all; rejects when one had to be killed. */
  stop(): Promise<void>;
}

/** Before it says how it ended a worker may be killed for want of memory; then a third try ends no better. */
const EARLY_DEATHS = 3;
/** Beyond draining a worker saves cursors and closes its store, each within seconds of its own. */
const STOP_MARGIN_MS = 9_000;
const LOOK_MS = 2_500;

/** Resolves when all run. The first that cannot start ends the others, and its reason is the only one that is told. */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const primary = new Primary(options);
  try {
    await primary.start();
    return primary;
  } catch (error) {
    await primary.stop().catch(() => undefined);
    throw error;
  }
}

class Primary implements Workers {
  private readonly startedAt = Date.now();
  private readonly slots: WorkerSlot[];
  private readonly health: HealthServer;
  private httpPort: number;
  private complete = false;
  private draining = false;
  private opened = false;
  private earlyDeaths = 0;
  private lookedAt = performance.now();
  private looks: NodeJS.Timeout | undefined;
  private stopping: Promise<void> | undefined;
  private begun!: { resolve(): void; reject(error: Error): void };
  private readonly running = new Promise<void>((resolve, reject) => { this.begun = { resolve, reject }; });

  constructor(private readonly options: WorkersOptions) {
    const { config, logger, count } = options;
    this.httpPort = config.listeners.http.port;
    this.health = new HealthServer(config.listeners.http, () => this.readiness(), (app) => {
      addApiForwarding(app, () => this.apiPort, () => this.slots.find(({ running }) => running !== null)?.running?.listeners.http.port ?? null);
      addWorkerMetrics(app, () => this.slots.map(({ number, running }) => ({ number, port: running?.listeners.http.port ?? null })));
    });
    this.slots = Array.from({ length: count }, (_, index) => new WorkerSlot({
      number: index + 1, logger,
      plan: (number) => ({
        identity: { number, gatewayId: newGatewayId(config, number), startedAt: this.startedAt },
        config, store: options.store, sealingKey: options.sealingKey, log: options.log,
      }),
      onChange: () => this.changed(),
      onFailure: (failure) => this.failed(failure),
      onEarlyDeath: (how) => this.diedEarly(how),
      onPrepared: () => this.openTogether(),
    }));
    this.running.catch(() => undefined); // it may fail before anybody waits
  }

  get listeners(): ListenerBindings {
    return { ...this.first.listeners, http: { ...this.options.config.listeners.http, port: this.httpPort } };
  }

  get certificateFingerprint(): string | undefined {
    return this.first.certificateFingerprint;
  }

  async start(): Promise<void> {
    const { config: { listeners: { http } }, signal, logger, count } = this.options;
    this.httpPort = await this.health.start().catch((error: unknown) => { throw portError(error, 'http', http) ?? error; });
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => this.begun.reject(new Error('stopped before it was running')), { once: true });
    // Workers accept by themselves. With round robin the primary accepts and hands over, and after a worker was killed it
    // kept the next connection without an answer (Node 20).
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ exec: process.argv[1]!, args: ['worker'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.changed();
    for (const slot of this.slots) slot.start();
    this.looks = setInterval(() => this.look(), LOOK_MS);
    await this.running;
    logger.info({ workers: count, listeners: this.listeners }, 'all workers run');
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  private async stopOnce(): Promise<void> {
    const { config: { drainSeconds } } = this.options;
    this.draining = true;
    this.changed();
    clearInterval(this.looks);
    const ends = await Promise.all(this.slots.map((slot) => slot.stop(drainSeconds * 1_000 + STOP_MARGIN_MS)));
    await this.health.stop().catch(() => undefined);
    const unclean = ends.flatMap(({ clean }, index) => (clean ? [] : [index + 1]));
    if (unclean.length > 0) throw new UserError(`worker ${unclean.join(', ')} did not end in an orderly way; what was in flight there will be sent again`);
  }

  /** Of the first worker that is ready, so that what is counted a process is counted in one. */
  private get apiPort(): number | null {
    return this.slots.find((slot) => slot.readiness.ready)?.running?.listeners.http.port ?? null;
  }

  private readiness(): GroupReadiness {
    return groupReadiness(this.slots.map((slot) => slot.readiness), { complete: this.complete, draining: this.draining });
  }

  private changed(): void {
    if (!this.complete && this.slots.every((slot) => slot.running !== null)) this.begun.resolve();
    this.complete ||= this.slots.every((slot) => slot.readiness.ready);
    this.options.onReady?.(this.readiness().ready);
  }

  /**
   * Until the last worker is prepared, none listens: else the first one would get most of the clients that all come back
   * after a restart. Later each opens by itself, as the ports are open anyway.
   */
  private openTogether(): void {
    if (!this.opened && !this.slots.every((slot) => slot.prepared)) return;
    for (const slot of this.opened ? this.slots.filter((each) => each.prepared && each.running === null) : this.slots) slot.open();
    this.opened = true;
  }

  /** At the start it is the declaration or this machine that is wrong, and trying again would not help. */
  private failed({ message, exitCode }: WorkerFailure): void {
    this.begun.reject(exitCode === null ? Object.assign(new Error(message), { stack: message }) : new UserError(message, exitCode as ExitCode));
  }

  private diedEarly(how: string): void {
    if (this.complete || ++this.earlyDeaths < EARLY_DEATHS) return;
    this.begun.reject(new UserError(`worker processes end before they run (${how}); is there memory for ${this.slots.length} of them?`));
  }

  private look(): void {
    const late = performance.now() - this.lookedAt > 2 * LOOK_MS;
    this.lookedAt = performance.now();
    for (const slot of this.slots) slot.look(late);
    this.changed();
  }

  private get first(): Running {
    const running = this.slots.find((slot) => slot.running !== null)?.running;
    return running ?? { listeners: this.options.config.listeners, certificateFingerprint: undefined };
  }
}
