/** How everything stands that an instance raises alarms for. What nothing is known of is left out. */
import type { Spec } from '../../../lib/manifest/manifest';
import type { InstanceView } from '../auth/instance-view';
import { fact, measured, type Condition } from '../quota/alarms';
import type { StoreStatistics } from '../store/contract';

export interface Surroundings {
  readonly view: InstanceView;
  /** What all gateways carry, and from where on that is alarming (E3). */
  readonly instance: Spec;
  readonly thresholds: Spec;
  /** Since the cap on stored messages last removed some (T5); infinite: it never did. */
  readonly trimmedSecondsAgo: number;
  readonly statistics: StoreStatistics | null;
  /** End of the certificate that is served; null: none is. */
  readonly certificateEnd: Date | null;
  /** Replicas that are ready; null: nothing to compare them with yet. */
  readonly replicas: { readonly ready: number; readonly expected: number; /** Long enough for a gateway to come back. */ readonly missingLong: boolean } | null;
  readonly now: number;
}

const DAY_MS = 24 * 3_600_000;
/** E7 */
const EXPIRY_DAYS = 7;
/** Long enough for a person to get another one, and shorter than the 47 days that public ones will be valid. */
export const CERTIFICATE_DAYS = 30;
/** The cap trims in rounds; the alarm stays over a few of them. */
const TRIM_ALARM_SECONDS = 300;
/** Below what makes the store remove messages before their time. */
const STORE_MEMORY_PERCENT = 85;
const MEBIBYTE = 2 ** 20;

export function conditionsOf(surroundings: Surroundings): Condition[] {
  return [
    ...loads(surroundings), expiry(surroundings), certificate(surroundings), storedMessages(surroundings),
    ...storeMemory(surroundings), ...gateways(surroundings),
  ];
}

const UNITS = { tps: 'weighted messages a second', connections: 'connections', subscriptions: 'subscriptions' } as const;

function loads({ view: { spec }, instance, thresholds }: Surroundings): Condition[] {
  return (['tps', 'connections', 'subscriptions'] as const).map((alarm) => {
    const [value, unit] = [rounded(instance[alarm]), UNITS[alarm]];
    return measured({ alarm, value, threshold: thresholds[alarm], unit, message: `${value} ${unit}: the threshold is ${thresholds[alarm]}, the specification ${spec[alarm]}` });
  });
}

function expiry({ view: { expiresAt }, now }: Surroundings): Condition {
  return until('expiry', 'the instance', expiresAt, EXPIRY_DAYS, now);
}

function certificate({ certificateEnd, now }: Surroundings): Condition {
  return until('certificate', 'the certificate of the TLS listeners', certificateEnd?.getTime() ?? null, CERTIFICATE_DAYS, now);
}

function until(alarm: 'expiry' | 'certificate', what: string, end: number | null, threshold: number, now: number): Condition {
  const value = end === null ? 0 : rounded((end - now) / DAY_MS);
  const message = end === null ? `${what} does not expire` : `${what} ${end <= now ? 'expired' : 'expires'} at ${new Date(end).toISOString()}`;
  return fact({ alarm, value, threshold, unit: 'days', message }, end !== null && end - now <= threshold * DAY_MS);
}

function storedMessages({ view: { limits: { storedMessages: threshold } }, trimmedSecondsAgo, statistics }: Surroundings): Condition {
  return fact({
    alarm: 'stored-messages', value: statistics?.messages ?? threshold, threshold, unit: 'messages', message: `the oldest messages beyond ${threshold} are removed before their time`,
  }, trimmedSecondsAgo < TRIM_ALARM_SECONDS);
}

function storeMemory({ statistics }: Surroundings): Condition[] {
  if (statistics === null) return [];
  const [value, limit] = [statistics.usedBytes ?? 0, statistics.limitBytes ?? 0];
  if (limit === 0) return [fact({ alarm: 'store-memory', value, threshold: 0, unit: 'bytes', message: 'the store has no bound' }, false)];
  const mebibytes = (bytes: number): number => rounded(bytes / MEBIBYTE);
  return [measured({
    alarm: 'store-memory', value, threshold: Math.floor(limit * STORE_MEMORY_PERCENT / 100), unit: 'bytes', message: `the store uses ${mebibytes(value)} of ${mebibytes(limit)} MiB`,
  })];
}

function gateways({ replicas }: Surroundings): Condition[] {
  if (replicas === null) return [];
  const { ready, expected, missingLong } = replicas;
  const missing = ready < expected;
  return [{ ...fact({ alarm: 'gateway-missing', value: ready, threshold: expected, unit: 'gateways', message: `${ready} of ${expected} gateways are ready` }, missing), stands: missing && missingLong }];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
