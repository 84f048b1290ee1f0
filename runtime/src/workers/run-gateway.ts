/** A gateway as its configuration asks for it: in this process, or in several that share its ports. */
import type { GatewayConfig } from '../config/gateway-config';
import { startGateway } from '../gateway';
import type { Logger } from '../logging';
import { makeStore, type StoreSpec } from '../open-store';
import { availableCores } from './cores';
import type { LogPlan } from './messages';
import { startWorkers, type Workers } from './primary';
import { EXIT, UserError } from '../user-error';

export interface RunOptions {
  readonly config: GatewayConfig;
  readonly store: StoreSpec;
  readonly sealingKey: string;
  readonly logger: Logger;
  /** Direct push: see `GatewayOptions`. */
  readonly controlToken?: string;
  /** For loggers of workers. */
  readonly log: LogPlan;
  readonly signal?: AbortSignal;
  onReady?(ready: boolean): void;
}

/** 0 and "auto": one a core. */
export function workerCount({ workers = 1 }: Pick<GatewayConfig, 'workers'>): number {
  return workers === 'auto' || workers === 0 ? availableCores() : workers;
}

/** Resolves when it takes connections. One worker needs no primary. */
export async function runGateway(options: RunOptions): Promise<Workers> {
  const { config, store, logger, onReady } = options;
  const count = workerCount(config);
  if (count > 1 && store.kind === 'none') {
    throw new UserError(`direct push runs in one process, got ${count} workers: what it pushes is in the memory of one; leave workers out, or bind the instance to a storage instance (B6)`, EXIT.usage);
  }
  if (count > 1) return startWorkers({ ...options, count });
  return startGateway({ ...options, store: await makeStore(store, config.storageId, logger), onStatus: ({ ready }) => onReady?.(ready) });
}
