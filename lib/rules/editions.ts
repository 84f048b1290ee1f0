/** Editions, billing and specification: E1–E3, E7, and the protocols an instance speaks. */
import type { Billing, InstanceEdition, Spec } from '../manifest/manifest';
import { Finding, Unknown, allKnown, show } from './finding';
import { checkWholeNumber } from './limits';

export const DEFAULT_SPEC: Spec = { tps: 1_000, connections: 10_000, subscriptions: 100_000 };

/** E3: percent of the spec, for each of its three numbers. */
export const DEFAULT_ALARM_PERCENT = 70;
export const DEFAULT_ALARM_THRESHOLDS: Spec = {
  tps: DEFAULT_ALARM_PERCENT, connections: DEFAULT_ALARM_PERCENT, subscriptions: DEFAULT_ALARM_PERCENT,
};

/** E1: gateways of an edition. A front and its replicas share one host, so the upper bound is a matter of sense. */
export const REPLICAS: { readonly [K in InstanceEdition]: { readonly default: number; readonly min: number; readonly max: number } } = {
  basic: { default: 1, min: 1, max: 1 },
  platinum: { default: 3, min: 2, max: 32 },
};

/** Processes of one gateway, a core each; 0 means one a core. More share no machine that we know. */
export const MAX_WORKERS = 64;

export function checkWorkers(workers: number, unknown: Unknown = allKnown): Finding[] {
  return checkWholeNumber('E1', 'workers', workers, 0, MAX_WORKERS, 'processes of a gateway; 0: one a core', unknown);
}

/** A gateway's configuration takes no longer one either. */
export const MAX_DRAIN_SECONDS = 600;

export function checkDrainSeconds(seconds: number, unknown: Unknown = allKnown): Finding[] {
  return checkWholeNumber('E1', 'drainSeconds', seconds, 0, MAX_DRAIN_SECONDS, 'seconds of a shutdown', unknown);
}

/** Below the first no process of a gateway starts; above the last is a slip of the keyboard. */
const GATEWAY_MEMORY = { min: 96, max: 1_048_576 };
const STORE_MEMORY = { min: 16, max: 1_048_576 };

export function checkGatewayMemory(megabytes: number, unknown: Unknown = allKnown): Finding[] {
  return checkWholeNumber('E1', 'memoryMegabytes of a gateway', megabytes, GATEWAY_MEMORY.min, GATEWAY_MEMORY.max, 'MiB', unknown);
}

/** `property`: where it is declared. */
export function checkStoreMemory(property: string, megabytes: number, unknown: Unknown = allKnown): Finding[] {
  return checkWholeNumber('E6', property, megabytes, STORE_MEMORY.min, STORE_MEMORY.max, 'MiB', unknown);
}

export const PROTOCOLS: readonly string[] = ['mqtt'];

/** What no specification may go over; only guards against a slip of the keyboard. */
const SPEC_MAX = 1_000_000_000;

export function checkReplicas(edition: InstanceEdition, replicas: number, unknown: Unknown = allKnown): Finding[] {
  const { min, max } = REPLICAS[edition];
  if (unknown(replicas) || (Number.isInteger(replicas) && replicas >= min && replicas <= max)) return [];
  return [{
    rule: 'E1', subject: 'replicas', got: `${show(replicas)} with edition ${edition}`,
    allowed: edition === 'basic' ? '1 with edition basic' : `${min} to ${max} with edition ${edition}`,
    fix: edition === 'basic' ? 'leave replicas out, or choose edition platinum' : `choose ${min} to ${max} replicas, or edition basic for a single gateway`,
  }];
}

/** E1: protocols beyond MQTT are platinum only, and none of them is available yet. */
export function checkProtocols(protocols: readonly string[], unknown: Unknown = allKnown): Finding[] {
  if (unknown(protocols)) return [];
  const allowed = '"mqtt" alone; other protocols need edition platinum and are not available yet';
  if (protocols.length === 0) return [{ rule: 'E1', subject: 'protocols', got: 'an empty list', allowed, fix: 'leave protocols out' }];
  return protocols.filter((protocol) => !unknown(protocol) && !PROTOCOLS.includes(protocol))
    .map((protocol) => ({ rule: 'E1', subject: 'protocols', got: show(protocol), allowed, fix: `take ${show(protocol)} out` }));
}

export function checkSpec(spec: Spec, unknown: Unknown = allKnown): Finding[] {
  return [
    ...checkWholeNumber('E2', 'spec tps', spec.tps, 1, SPEC_MAX, 'messages a second, weighted', unknown),
    ...checkWholeNumber('E2', 'spec connections', spec.connections, 1, SPEC_MAX, 'connections', unknown),
    ...checkWholeNumber('E2', 'spec subscriptions', spec.subscriptions, 1, SPEC_MAX, 'subscriptions', unknown),
  ];
}

export function checkAlarmThresholds(percent: Spec, unknown: Unknown = allKnown): Finding[] {
  return (['tps', 'connections', 'subscriptions'] as const).flatMap((name) =>
    checkWholeNumber('E3', `alarm threshold ${name}`, percent[name], 1, 100, 'percent of the spec', unknown));
}

/** Date and time with an offset, as RFC 3339 writes it. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** E7: only a prepaid instance expires. */
export function checkExpiry(billing: Billing, expiry: string | null, unknown: Unknown = allKnown): Finding[] {
  if (expiry === null) return [];
  const findings: Finding[] = [];
  if (billing !== 'prepaid') {
    findings.push({ rule: 'E7', subject: 'expiry', got: `an expiry with billing ${billing}`, allowed: 'an expiry with billing prepaid', fix: 'take expiry out, or choose billing prepaid' });
  }
  if (!unknown(expiry) && (!RFC_3339.test(expiry) || Number.isNaN(Date.parse(expiry)))) {
    findings.push({ rule: 'E7', subject: 'expiry', got: show(expiry), allowed: 'a date and time as RFC 3339 writes it', fix: 'write it like 2030-01-31T00:00:00Z' });
  }
  return findings;
}
