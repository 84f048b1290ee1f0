/** Limits of L4 and T5: one table, each constant with its reason. */
import type { Limits } from '../manifest/manifest';
import { Finding, Unknown, allKnown, show } from './finding';

interface Limit {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly rule: 'L4' | 'T5';
}

export const LIMITS: { readonly [K in keyof Limits]: Limit } = {
  // parent topics an instance may declare; the router keeps each in memory, so the bound is generous, not endless
  parentTopics: { default: 25, min: 1, max: 10_000, unit: 'parent topics an instance', rule: 'L4' },
  // each wildcard filter is matched against every message of its parent topic
  wildcardFiltersPerTopic: { default: 100, min: 0, max: 100_000, unit: 'wildcard filters a parent topic', rule: 'L4' },
  subscriptionsPerClient: { default: 30, min: 1, max: 10_000, unit: 'subscriptions a client', rule: 'L4' },
  // 64 KiB; a batch of appends is held in memory, so a payload stays below 16 MiB whatever MQTT itself would allow
  payloadBytes: { default: 65_536, min: 1, max: 16_777_216, unit: 'bytes of payload', rule: 'L4' },
  // the longest Group ID (60), `@@@` and one character fit; MQTT counts 65,535 bytes of UTF-8, which is 16,383 characters at worst
  clientIdLength: { default: 64, min: 11, max: 16_383, unit: 'characters of a Client ID', rule: 'L4' },
  topicLength: { default: 128, min: 3, max: 16_383, unit: 'characters of a whole topic', rule: 'L4' },
  // 3 days; a minute at least, because trimming runs about that often
  retentionSeconds: { default: 259_200, min: 60, max: 31_536_000, unit: 'seconds of retention', rule: 'T5' },
  storedMessages: { default: 1_000_000, min: 1, max: 1_000_000_000, unit: 'stored messages an instance', rule: 'T5' },
};

export const LIMIT_NAMES = Object.keys(LIMITS) as (keyof Limits)[];

export const DEFAULT_LIMITS: Limits = Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMITS[name].default])) as unknown as Limits;

export function checkLimits(limits: Limits, unknown: Unknown = allKnown): Finding[] {
  return LIMIT_NAMES.flatMap((name) => {
    const { rule, min, max, unit } = LIMITS[name];
    return checkWholeNumber(rule, `limit ${name}`, limits[name], min, max, unit, unknown);
  });
}

/** L4: how many parent topics one instance has. */
export function checkTopicCount(count: number, limits: Limits, unknown: Unknown = allKnown): Finding[] {
  if (unknown(limits.parentTopics) || count <= limits.parentTopics) return [];
  return [{
    rule: 'L4', subject: 'parent topics of the instance', got: String(count), allowed: `at most ${limits.parentTopics}`,
    fix: 'raise limits.parentTopics of the MqttInstance, use sub topics, or declare a second instance',
  }];
}

export function checkWholeNumber(
  rule: string, subject: string, value: number, min: number, max: number, unit: string, unknown: Unknown = allKnown,
): Finding[] {
  if (unknown(value) || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [{ rule, subject, got: show(value), allowed: `a whole number from ${min} to ${max} (${unit})`, fix: `choose a value from ${min} to ${max}` }];
}
