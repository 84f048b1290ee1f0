/** Writes what became of alarms into the journal, together with what is to be told of it. */
import type { AlarmChange } from '../quota/alarms';
import { newId, standing, type AlarmEntry, type Journal } from './journal';
import { enqueue, type News, type Origin } from './outbox';

/** null: no webhook is declared, so nobody is told. */
export type Audience = Origin | null;

export function recordAlarms(journal: Journal, changes: readonly AlarmChange[], audience: Audience, now: number): Journal {
  return changes.reduce((before, { kind, condition }) => {
    const { alarm, value, threshold, unit, message } = condition;
    const held = standing(before).find((each) => each.alarm === alarm);
    if (kind === 'raised') {
      if (held !== undefined) return before;
      return told({ ...before, alarms: [...before.alarms, { id: newId(), alarm, state: 'raised', since: now, until: null, value, valueAt: now, threshold, unit, message }] }, alarm, audience, now);
    }
    if (held === undefined) return before;
    const next: AlarmEntry = kind === 'cleared' ? { ...held, state: 'cleared', until: now, value, valueAt: now } : { ...held, value, valueAt: now, threshold, message };
    const after = { ...before, alarms: before.alarms.map((each) => (each === held ? next : each)) };
    return kind === 'cleared' ? told(after, alarm, audience, now) : after;
  }, journal);
}

/** What is shorter is a message that takes a little longer. */
export const AWAY_MS = 5_000;
/** Two gateways saw the same: they notice a store that is away some seconds apart. */
const SAME_SPAN_MS = 15_000;

/** B5: what nobody could write while it was the case. */
export function recordStoreAway(journal: Journal, { since, until, reason }: { since: number; until: number; reason: string }, audience: Audience, now: number): Journal {
  const known = journal.alarms.some((each) => each.alarm === 'store-away' && each.since <= until + SAME_SPAN_MS && (each.until ?? now) >= since - SAME_SPAN_MS);
  if (known) return journal;
  const seconds = Math.round((until - since) / 1_000);
  const entry: AlarmEntry = {
    id: newId(), alarm: 'store-away', state: 'cleared', since, until, value: seconds, valueAt: until, threshold: AWAY_MS / 1_000, unit: 'seconds', message: `the store was away for ${seconds} s: ${reason}`,
  };
  const after: Journal = { ...journal, alarms: [...journal.alarms, entry] };
  if (audience === null) return after;
  const raised = enqueue(after, newsOf({ ...entry, state: 'raised', until: null }), audience, now);
  return enqueue(raised, newsOf(entry), audience, now);
}

/**
 * E1: a webhook that is new, or has another URL, is told what stands already. `webhook`: its fingerprint; null: none is declared,
 * so whoever is declared next is new.
 */
export function introduce(journal: Journal, webhook: string | null, audience: Audience, now: number): Journal {
  if (journal.knowing === webhook) return journal;
  // a version that noted nothing has told its webhook of every change; where nobody was told anything, there was none
  const knew = journal.knowing === undefined && journal.notifications.length > 0;
  const after: Journal = { ...journal, knowing: webhook };
  if (knew) return after;
  return standing(after).filter((entry) => !isWaiting(after, entry)).reduce((before, { alarm }) => told(before, alarm, audience, now), after);
}

/** What waits goes to whoever is declared when it is sent. */
function isWaiting({ notifications }: Journal, { alarm }: AlarmEntry): boolean {
  const last = notifications.findLast(({ subject }) => subject === alarm);
  return last?.state === 'retrying' && last.event === 'alarm-raised';
}

function told(journal: Journal, alarm: string, audience: Audience, now: number): Journal {
  const entry = journal.alarms.findLast((each) => each.alarm === alarm);
  return audience === null || entry === undefined ? journal : enqueue(journal, newsOf(entry), audience, now);
}

function newsOf(entry: AlarmEntry): News {
  const { id, alarm, state, since, until, value, threshold, unit, message } = entry;
  return {
    event: state === 'raised' ? 'alarm-raised' : 'alarm-cleared', subject: alarm,
    data: { alarmId: id, alarm, state, since: iso(since), ...(until !== null && { until: iso(until) }), value, threshold, unit, message },
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
