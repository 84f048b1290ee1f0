/** What the primary and its workers tell each other, over the channel that node:cluster opens between them. */
import type { ListenerBindings } from '../../../lib/manifest/manifest';
import type { GatewayConfig } from '../config/gateway-config';
import type { GatewayStatus } from '../gateway/status';
import type { StoreSpec } from '../open-store';

/** Where logs go and how they look. */
export interface LogPlan {
  readonly stream: 'stdout' | 'stderr';
  readonly format: 'json' | 'auto';
  readonly fields?: { readonly [name: string]: unknown };
}

/** Who a worker is. To the store it is a gateway of its own. */
export interface WorkerIdentity {
  readonly number: number;
  readonly gatewayId: string;
  /** Of the primary: a worker that was started again is no newer deployment. */
  readonly startedAt: number;
}

/** All that a worker needs. It travels in the channel, because arguments and environment of a process can be read by others. */
export interface WorkerPlan {
  readonly identity: WorkerIdentity;
  readonly config: GatewayConfig;
  readonly store: StoreSpec;
  readonly sealingKey: string;
  readonly log: LogPlan;
  /** Gateway id of the worker that died and whose place this one takes. */
  readonly predecessor: string | null;
}

export type ToWorker =
  | { readonly kind: 'start'; readonly plan: WorkerPlan }
  /** Listeners may open. */
  | { readonly kind: 'open' }
  | { readonly kind: 'stop' };

export type FromWorker =
  /** It listens to the channel. */
  | { readonly kind: 'hello' }
  /** After each change, and again and again as a sign of life. */
  | { readonly kind: 'status'; readonly status: GatewayStatus }
  /** Ready to open its listeners. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'running'; readonly listeners: ListenerBindings; readonly certificateFingerprint: string | undefined }
  | { readonly kind: 'failed'; readonly message: string; /** null: a fault of this program. */ readonly exitCode: number | null };

/** Several fit into what the primary takes for silence. */
export const SIGN_OF_LIFE_MS = 2_000;
