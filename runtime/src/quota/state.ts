import type { Spec } from '../../../lib/manifest/manifest';
import type { Alarm } from './alarms';

/** What the quota says of itself, for metrics, health and console. */
export interface QuotaState {
  /** Postpaid is never throttled and never refused (E2). */
  readonly enforced: boolean;
  readonly spec: Spec;
  /** E3, in the units of the spec. */
  readonly thresholds: Spec;
  /** Over all gateways of the instance: live here, by their last records elsewhere. TPS is weighted (E4), mean of five seconds. */
  readonly instance: Spec;
  /** Of this gateway. */
  readonly gateway: Spec;
  /** Weighted messages a second that this gateway may pass; null: any number. */
  readonly tpsShare: number | null;
  readonly throttle: {
    /** Milliseconds since 1970; null: nothing is held back. */
    readonly since: number | null;
    /** Clients of this gateway that wait for their turn now. */
    readonly waiting: number;
  };
  /** Of this gateway since its start. */
  readonly totals: {
    readonly receivedMessages: number;
    readonly sentMessages: number;
    readonly receivedWeight: number;
    readonly sentWeight: number;
    readonly throttles: number;
    readonly refusedConnections: number;
    readonly refusedSubscriptions: number;
    /** Messages that the cap on stored messages removed (T5). */
    readonly trimmedMessages: number;
  };
  readonly alarms: readonly Alarm[];
}

/** What a gateway tells the others in its record. */
export interface QuotaLoad {
  readonly tps: number;
  readonly tpsDemand: number;
  readonly connections: number;
  readonly subscriptions: number;
  readonly trimmedSecondsAgo?: number;
}
