/**
 * Alarms and notifications of the instance: one named record of the store, so that an alarm and what is to be told of it
 * change in one step, every gateway sees the same, and both outlast every gateway. Bounded in all its parts.
 */
import { randomUUID } from 'node:crypto';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Store } from '../store/contract';
import { ALARM_NAMES, type Alarm, type AlarmName } from '../quota/alarms';

export const NOTIFY_KIND = 'notify';
const JOURNAL_ID = 'journal';

/** Alarms that are over and are still listed. */
const MAX_CLEARED = 200;
/** Notifications that still have to be delivered, and those that are done with and still listed. */
export const MAX_WAITING = 100;
const MAX_FINISHED = 100;

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const name = Type.Unsafe<AlarmName>(Type.Union(ALARM_NAMES.map((each) => Type.Literal(each))));

const alarmEntry = Type.Object({
  id: Type.String(), alarm: name, state: Type.Union([Type.Literal('raised'), Type.Literal('cleared')]),
  since: Type.Number(), until: nullable(Type.Number()), value: Type.Number(), valueAt: Type.Number(), threshold: Type.Number(), unit: Type.String(), message: Type.String(),
});

const notificationEntry = Type.Object({
  id: Type.String(), event: Type.String(),
  /** What is told of one subject arrives in order. */
  subject: Type.String(),
  at: Type.Number(),
  state: Type.Union([Type.Literal('retrying'), Type.Literal('delivered'), Type.Literal('failed')]),
  attempts: Type.Number(),
  /** Not before. */
  nextAt: Type.Number(),
  finishedAt: nullable(Type.Number()), lastError: nullable(Type.String()),
  /** The same bytes in every attempt; null: done with. */
  body: nullable(Type.String()),
});

const journalSchema = Type.Object({
  alarms: Type.Array(alarmEntry),
  notifications: Type.Array(notificationEntry),
  /** Of which deployment it was told last that it is runnable (E1). */
  runnable: nullable(Type.Object({ deployment: Type.String(), at: Type.Number(), replicas: Type.Number() })),
});

export type AlarmEntry = Static<typeof alarmEntry>;
export type NotificationEntry = Static<typeof notificationEntry>;
/** Both lists oldest first. */
export type Journal = Static<typeof journalSchema>;

export const EMPTY: Journal = { alarms: [], notifications: [], runnable: null };

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
        if (await this.store.putRecord({ kind: NOTIFY_KIND, id: JOURNAL_ID, value: JSON.stringify(kept), expectedVersion: version }) !== null) return kept;
      }
      throw new Error(`others changed the alarms ${ATTEMPTS} times meanwhile`);
    });
  }

  private async current(): Promise<{ journal: Journal; version: number }> {
    const [record] = await this.store.readRecords(NOTIFY_KIND, [JOURNAL_ID]);
    return { journal: record === undefined ? EMPTY : parse(record.value), version: record?.version ?? 0 };
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(act, act);
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}

/** What a gateway of another version wrote and this one cannot read is begun anew. */
function parse(text: string): Journal {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(journalSchema, value) ? value : EMPTY;
  } catch {
    return EMPTY;
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
