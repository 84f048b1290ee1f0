import { randomBytes } from 'node:crypto';
import type { ListenerName } from '../../../lib/manifest/manifest';
import type { NetLimits } from '../limits';
import type { InputBudget } from './input-budget';
import type { Peer } from './transport';

export interface ConnectionOptions {
  readonly listener: ListenerName;
  readonly peer: Peer;
  readonly budget?: InputBudget;
  readonly limits?: NetLimits;
  /** Called once, when `release()` is called or the connection ends before that. */
  readonly onAdmittedOrClosed?: () => void;
}

const PREFIX = randomBytes(4).toString('hex');
let count = 0;

/** Unique over all gateways: the channel id of logs and status events. */
export function nextConnectionId(): string {
  return `${PREFIX}-${(count++).toString(36)}`;
}
