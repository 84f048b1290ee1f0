/**
 * How long a gateway behind a front waits, not ready but working on, before it lets its clients go: they come back at once,
 * and must not land on a gateway that goes next. So the front must have noticed by then, about this gateway and about all
 * that a newer deployment supersedes.
 */
import { HEARTBEAT_MS } from './membership';

/** The front asks every second, and after a first "not ready" again within 0.3 s. */
const FRONT_NOTICE_MS = 2_000;

export interface SettleInputs {
  /** The front speaks the PROXY protocol to its gateways; without one there is nobody to wait for. */
  readonly behindFront: boolean;
  readonly supersededSince: number | undefined;
  readonly now: number;
}

export function settleMs({ behindFront, supersededSince, now }: SettleInputs): number {
  if (!behindFront) return 0;
  if (supersededSince === undefined) return FRONT_NOTICE_MS;
  // the other old gateways have learned it with their next heartbeat
  return Math.max(0, supersededSince + HEARTBEAT_MS + FRONT_NOTICE_MS - now);
}
