/**
 * Alarms and notifications of the instance: one named record of the store, so that an alarm and what is to be told of it
 * change in one step, every gateway sees the same, and both outlast every gateway. Bounded in all its parts.
 */
import { randomUUID } from 'node:crypto';
import type { Store } from '../store/contract';
import type { Alarm } from '../quota/alarms';
import { EMPTY, journalText, parseJournal, type AlarmEntry, type Journal } from './journal-format';

export { EMPTY, type AlarmEntry, type Journal, type NotificationEntry } from './journal-format';

export const NOTIFY_KIND = 'notify';
const JOURNAL_ID = 'journal';

/** Alarms that are over and are still listed. */
const MAX_CLEARED = 200;
/** Notifications that still have to be delivered, and those that are done with and still listed. */
export const MAX_WAITING = 100;
const MAX_FINISHED = 100;

/** Writers are few; who loses this often has met something else. */
const ATTEMPTS = 20;

export class JournalKeeper {
  /** One step after the other, so that nothing older replaces what is newer. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: Pick<Store, 'readRecords' | 'putRecord'>) {}

  read(): Promise<Journal> {
    return this.inTurn(async () => (await this.current()).journal);
  }

  /** `update` may be called several times; what it was given means that nothing changes. */
  change(update: (journal: Journal) => Journal): Promise<Journal> {
    return this.inTurn(async () => {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const { journal, version } = await this.current();
        const next = update(journal);
        if (next === journal) return journal;
        const kept = bounded(next);
        if (await this.store.putRecord({ kind: NOTIFY_KIND, id: JOURNAL_ID, value: journalText(kept), expectedVersion: version, priority: 'vital' }) !== null) return kept;
      }
      throw new Error(`others changed the alarms ${ATTEMPTS} times meanwhile`);
    });
  }

  private async current(): Promise<{ journal: Journal; version: number }> {
    const [record] = await this.store.readRecords(NOTIFY_KIND, [JOURNAL_ID]);
    return { journal: record === undefined ? EMPTY : parseJournal(record.value), version: record?.version ?? 0 };
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(act, act);
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}

export function standing(journal: Journal): AlarmEntry[] {
  return journal.alarms.filter(({ state }) => state === 'raised');
}

export function asAlarm({ alarm, since, value, threshold }: AlarmEntry): Alarm {
  return { alarm, since, value, threshold };
}

export function newId(): string {
  return randomUUID();
}

function bounded(journal: Journal): Journal {
  const cleared = journal.alarms.filter(({ state }) => state === 'cleared');
  const gone = new Set(cleared.slice(0, Math.max(0, cleared.length - MAX_CLEARED)));
  const finished = journal.notifications.filter(({ state }) => state !== 'retrying');
  const forgotten = new Set(finished.slice(0, Math.max(0, finished.length - MAX_FINISHED)));
  return { ...journal, alarms: journal.alarms.filter((each) => !gone.has(each)), notifications: journal.notifications.filter((each) => !forgotten.has(each)) };
}
