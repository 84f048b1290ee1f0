/** The place of one worker: starts its process, starts another when it dies, and keeps what it said last. */
import cluster, { type Worker } from 'node:cluster';
import type { ListenerBindings } from '../../../lib/manifest/manifest';
import { EVENTS } from '../events';
import type { GatewayStatus } from '../gateway/status';
import type { Logger } from '../logging';
import type { FromWorker, ToWorker, WorkerPlan } from './messages';
import type { WorkerReadiness } from './readiness';

/** After the first death at once, as clients already wait; then twice as long each time. */
export const RESTART_MS = { first: 100, most: 30_000 } as const;
/** A worker that ran so long had no trouble with its start: its death begins a new count. */
const SETTLED_MS = 60_000;
/** A lease in the store lasts as long: from then on others take over what this worker holds. */
const SILENT_MS = 15_000;
/** Nothing but a process that hangs is silent so long; its clients are served sooner by another one. */
const HUNG_MS = 45_000;

export interface WorkerFailure { readonly message: string; readonly exitCode: number | null }

export interface Running { readonly listeners: ListenerBindings; readonly certificateFingerprint: string | undefined }

export interface SlotOptions {
  readonly number: number;
  readonly logger: Logger;
  plan(number: number): Omit<WorkerPlan, 'predecessor'>;
  /** Its status, or its process, has changed. */
  onChange(): void;
  /** It could not start, and says why. */
  onFailure(failure: WorkerFailure): void;
  /** It died before it ran. */
  onEarlyDeath(how: string): void;
  /** It waits for `open`. */
  onPrepared(): void;
}

export class WorkerSlot {
  running: Running | null = null;
  prepared = false;
  private worker: Worker | null = null;
  /** From its first word on. */
  private gatewayId: string | null = null;
  private status: GatewayStatus | null = null;
  private predecessor: string | null = null;
  private failure: WorkerFailure | null = null;
  private startedAt = 0;
  private seenAt = 0;
  private deaths = 0;
  private stopping = false;
  private restart: NodeJS.Timeout | undefined;
  private ended: Promise<{ clean: boolean }> = Promise.resolve({ clean: true });

  constructor(private readonly options: SlotOptions) {}

  get number(): number {
    return this.options.number;
  }

  get readiness(): WorkerReadiness {
    const { number: worker } = this.options;
    if (this.worker === null) return { worker, ready: false, reasons: [`it ended and is started again${this.failure ? `: ${this.failure.message}` : ''}`] };
    if (this.silentMs > SILENT_MS) return { worker, ready: false, reasons: [`no sign of life for ${Math.round(this.silentMs / 1_000)} s`] };
    if (this.status === null) return { worker, ready: false, reasons: ['starting'] };
    return { worker, ready: this.status.ready && this.running !== null, reasons: this.status.reasons };
  }

  start(): void {
    const worker = cluster.fork();
    this.worker = worker;
    this.startedAt = this.seenAt = performance.now();
    this.ended = new Promise((resolve) => worker.once('exit', (code, signal) => {
      // Before it listens to the channel it holds nothing, and does not ignore the terminal's signal yet.
      resolve({ clean: code === 0 || this.gatewayId === null });
      this.exited(code, signal);
    }));
    worker.on('message', (message: FromWorker) => this.heard(message));
    worker.on('error', (error) => this.options.logger.warn({ worker: this.options.number, err: error }, 'the channel to a worker failed'));
  }

  open(): void {
    this.tell({ kind: 'open' });
  }

  /** Ends a process that hangs. `excuse`: this process itself was asleep, so silence says nothing. */
  look(excuse: boolean): void {
    if (this.worker === null) return;
    if (excuse) this.seenAt = performance.now();
    if (this.silentMs > HUNG_MS) {
      this.options.logger.error({ worker: this.options.number, silentSeconds: Math.round(this.silentMs / 1_000) }, EVENTS.workerHung);
      this.worker.process.kill('SIGKILL');
    }
  }

  /** Drains; what has not ended by the deadline is killed. */
  async stop(deadlineMs: number): Promise<{ clean: boolean }> {
    this.stopping = true;
    clearTimeout(this.restart);
    const { worker } = this;
    if (worker === null) return { clean: true };
    this.tell({ kind: 'stop' });
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), deadlineMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  private get silentMs(): number {
    return performance.now() - this.seenAt;
  }

  private tell(message: ToWorker): void {
    // it may die while it is told
    if (this.worker?.isConnected()) this.worker.send(message, () => undefined);
  }

  private heard(message: FromWorker): void {
    this.seenAt = performance.now();
    switch (message.kind) {
      case 'hello': {
        const plan = this.options.plan(this.options.number);
        this.gatewayId = plan.identity.gatewayId;
        return this.tell(this.stopping ? { kind: 'stop' } : { kind: 'start', plan: { ...plan, predecessor: this.predecessor } });
      }
      case 'prepared':
        this.prepared = true;
        return this.options.onPrepared();
      case 'status':
        this.status = message.status;
        return this.options.onChange();
      case 'running':
        this.running = message;
        this.failure = null;
        this.options.logger.info({ worker: this.options.number, pid: this.worker?.process.pid, gatewayId: this.gatewayId }, EVENTS.workerStarted);
        return this.options.onChange();
      case 'failed':
        this.failure = message;
        return this.options.onFailure(message);
    }
  }

  private exited(code: number | null, signal: string | null): void {
    const { options: { number, logger, onChange, onEarlyDeath } } = this;
    const ran = this.running !== null;
    this.worker = this.running = this.status = null;
    this.prepared = false;
    this.predecessor = this.gatewayId ?? this.predecessor;
    this.gatewayId = null;
    if (this.stopping) return;
    if (performance.now() - this.startedAt > SETTLED_MS) this.deaths = 0;
    const restartMilliseconds = Math.min(RESTART_MS.most, RESTART_MS.first * 2 ** this.deaths++);
    logger.error({ worker: number, code, signal, ...(this.failure && { reason: this.failure.message }), restartMilliseconds }, EVENTS.workerDied);
    this.restart = setTimeout(() => this.start(), restartMilliseconds);
    onChange();
    if (!ran) onEarlyDeath(signal === null ? `exit code ${code}` : `signal ${signal}`);
  }
}
