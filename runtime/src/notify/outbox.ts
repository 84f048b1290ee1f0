/** Which notifications wait, when each is tried again, and when it is given up. Pure functions on the journal. */
import { MAX_WAITING, newId, type Journal, type NotificationEntry } from './journal';

export type NotificationEvent = 'instance-runnable' | 'alarm-raised' | 'alarm-cleared' | 'test';

export interface News {
  readonly event: NotificationEvent;
  /** What is told of one subject arrives in order. */
  readonly subject: string;
  /** What stands in the body under `data`. */
  readonly data: object;
}

/** Whose news it is. */
export interface Origin { readonly instanceId: string; readonly name: string; readonly region: string }

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 15 * 60_000;
/** Afterwards it is no news any more. */
export const GIVE_UP_MS = 24 * 3_600_000;

export function enqueue(journal: Journal, { event, subject, data }: News, origin: Origin, now: number, id = newId()): Journal {
  const body = JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), id, instance: origin, data });
  const entry: NotificationEntry = { id, event, subject, at: now, state: 'retrying', attempts: 0, nextAt: now, finishedAt: null, lastError: null, body };
  const waiting = journal.notifications.filter(({ state }) => state === 'retrying');
  const tooMany = new Set(waiting.slice(0, Math.max(0, waiting.length + 1 - MAX_WAITING)));
  const others = journal.notifications.map((each) => (tooMany.has(each) ? finished(each, 'failed', now, `more than ${MAX_WAITING} notifications waited`) : each));
  return { ...journal, notifications: [...others, entry] };
}

/** The oldest of each subject, where its time has come: what is behind it waits for it. */
export function due({ notifications }: Journal, now: number): NotificationEntry[] {
  const subjects = new Set<string>();
  return notifications.filter(({ state, subject, nextAt }) => {
    if (state !== 'retrying' || subjects.has(subject)) return false;
    subjects.add(subject);
    return nextAt <= now;
  });
}

/** After an attempt. `problem`: why it was not taken; null: it was. */
export function settled(journal: Journal, id: string, problem: string | null, now: number): Journal {
  return changed(journal, id, (entry) => {
    const tried = { ...entry, attempts: entry.attempts + 1, lastError: problem };
    if (problem === null) return finished(tried, 'delivered', now, null);
    const nextAt = now + retryMs(tried.attempts);
    return nextAt - entry.at > GIVE_UP_MS ? finished(tried, 'failed', now, problem) : { ...tried, nextAt };
  });
}

/** Nobody is declared any more who could be told. */
export function abandoned(journal: Journal, now: number): Journal {
  if (journal.notifications.every(({ state }) => state !== 'retrying')) return journal;
  return { ...journal, notifications: journal.notifications.map((each) => (each.state === 'retrying' ? finished(each, 'failed', now, 'no webhook is declared any more') : each)) };
}

/** Twice as long each time; a little apart, so that what failed together does not come back together. */
function retryMs(attempts: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)) * (0.9 + Math.random() * 0.2);
}

function changed(journal: Journal, id: string, change: (entry: NotificationEntry) => NotificationEntry): Journal {
  const found = journal.notifications.find((each) => each.id === id && each.state === 'retrying');
  return found === undefined ? journal : { ...journal, notifications: journal.notifications.map((each) => (each === found ? change(each) : each)) };
}

function finished(entry: NotificationEntry, state: 'delivered' | 'failed', now: number, lastError: string | null): NotificationEntry {
  return { ...entry, state, finishedAt: now, lastError, body: null };
}
