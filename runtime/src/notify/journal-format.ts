/**
 * How alarms and notifications stand in their record. Gateways of several versions share it while an instance is upgraded or
 * rolled back, so what this version does not understand is kept where it stands and written back as it was.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

const alarmEntry = Type.Object({
  id: Type.String(),
  /** Any name: one that only a later version raises is listed and told all the same. */
  alarm: Type.String(),
  state: Type.Union([Type.Literal('raised'), Type.Literal('cleared')]),
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

const runnable = Type.Object({ deployment: Type.String(), at: Type.Number(), replicas: Type.Number() });

export type AlarmEntry = Static<typeof alarmEntry>;
export type NotificationEntry = Static<typeof notificationEntry>;

/** An entry of another version. */
interface Foreign {
  /** Id of the entry that it stands behind; null: at the front. */
  readonly behind: string | null;
  readonly entry: unknown;
}

/** Both lists oldest first. */
export interface Journal {
  readonly alarms: readonly AlarmEntry[];
  readonly notifications: readonly NotificationEntry[];
  /** Of which deployment it was told last that it is runnable (E1). */
  readonly runnable: Static<typeof runnable> | null;
  /** Fingerprint of the webhook that knows what stands; null: none does. undefined: a version wrote this that did not note it. */
  readonly knowing: string | null | undefined;
  readonly foreign: { readonly alarms: readonly Foreign[]; readonly notifications: readonly Foreign[]; readonly fields: { readonly [name: string]: unknown } };
}

export const EMPTY: Journal = { alarms: [], notifications: [], runnable: null, knowing: null, foreign: { alarms: [], notifications: [], fields: {} } };

/** What is no JSON object was written by no version, and is begun anew. */
export function parseJournal(text: string): Journal {
  const stored = objectOf(text);
  if (stored === undefined) return EMPTY;
  const { knowing, alarms: allAlarms, notifications: allNotifications, ...fields } = stored;
  const [alarms, notifications] = [sifted(alarmEntry, allAlarms), sifted(notificationEntry, allNotifications)];
  return {
    alarms: alarms.known, notifications: notifications.known,
    runnable: Value.Check(runnable, fields['runnable']) ? fields['runnable'] : null,
    knowing: knowing === null || typeof knowing === 'string' ? knowing : undefined,
    foreign: { alarms: alarms.foreign, notifications: notifications.foreign, fields },
  };
}

export function journalText({ alarms, notifications, runnable: told, knowing, foreign }: Journal): string {
  return JSON.stringify({
    runnable: null, ...foreign.fields, ...(told !== null && { runnable: told }), ...(knowing !== undefined && { knowing }),
    alarms: woven(alarms, foreign.alarms), notifications: woven(notifications, foreign.notifications),
  });
}

function objectOf(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as { [name: string]: unknown } : undefined;
  } catch {
    return undefined;
  }
}

function sifted<T extends TSchema & { static: { readonly id: string } }>(schema: T, list: unknown): { known: Static<T>[]; foreign: Foreign[] } {
  const known: (Static<T> & { readonly id: string })[] = [];
  const foreign: Foreign[] = [];
  for (const entry of Array.isArray(list) ? list as unknown[] : []) {
    if (Value.Check(schema, entry)) known.push(entry as Static<T> & { readonly id: string });
    else foreign.push({ behind: known.at(-1)?.id ?? null, entry });
  }
  return { known, foreign };
}

/** Each foreign entry behind its neighbour again; where that is gone, it was the oldest, and so at the front. */
function woven(known: readonly { readonly id: string }[], foreign: readonly Foreign[]): unknown[] {
  const ids = new Set(known.map(({ id }) => id));
  const standing = (behind: string | null): unknown[] => foreign.filter((each) => (each.behind !== null && ids.has(each.behind) ? each.behind : null) === behind).map(({ entry }) => entry);
  return foreign.length === 0 ? [...known] : [...standing(null), ...known.flatMap((entry) => [entry, ...standing(entry.id)])];
}
