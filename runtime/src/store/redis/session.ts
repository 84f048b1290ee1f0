import type { DeadSession, OpenedSession, OwedWill, QoS, SessionKey, SessionPage, StoredSession, StoredSubscription } from '../contract';
import type { Connection } from './connection';
import { decodeProgress } from './progress';
import { scripts } from './scripts';
import { decodeWill } from './will';

/** Reply of `open-session.lua`: epoch, present, previous owner, its will, then the fields of the session's hash. */
export function decodeSession(clientId: string, reply: readonly unknown[]): OpenedSession {
  const [epoch, present, previousOwner, left, ...flat] = reply;
  const previousWill = decodeWill((left as Buffer).subarray(8));
  const { subscriptions, progress } = decodeFields(flat);
  return {
    epoch: Number(epoch),
    present: present === 1,
    previousOwner: String(previousOwner) === '' ? null : String(previousOwner),
    subscriptions,
    previousWill: previousWill === null ? null : { session: { clientId, epoch: (left as Buffer).readDoubleBE(0) }, will: previousWill },
    progress,
  };
}

/** The fields of the session's hash as HGETALL gives them; null: there is none. */
export function decodeStoredSession(clientId: string, flat: readonly unknown[]): StoredSession | null {
  if (flat.length === 0) return null;
  const { values, subscriptions, progress } = decodeFields(flat);
  return {
    session: { clientId, epoch: Number(values.get('epoch')) }, cleanSession: values.get('clean') === '1', owner: values.get('owner') || null, subscriptions, progress,
  };
}

function decodeFields(flat: readonly unknown[]): { readonly values: ReadonlyMap<string, string> } & Pick<StoredSession, 'subscriptions' | 'progress'> {
  const values = new Map<string, string>();
  const subscriptions: StoredSubscription[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = String(flat[i]);
    const value = String(flat[i + 1]);
    if (name.startsWith('f:')) subscriptions.push(decodeSubscription(name.slice(2), value));
    else values.set(name, value);
  }
  return { values, subscriptions, progress: decodeProgress(values.get('cursor') ?? '0', values.get('acked') ?? '', values.get('inflight') ?? '') };
}

/** Page by page over the sets of sessions; a place is `<where the scan goes on> <set>`. */
export async function pageSessions(connection: Connection, prefix: string, after: string | null, limit: number): Promise<SessionPage> {
  const [, cursor, set] = /^(\d+) (.*)$/s.exec(after ?? '0 exp') ?? ['', '0', 'exp'];
  const [next, ...flat] = (await connection.script(scripts.pageSessions, prefix, set!, cursor!, limit)) as [Buffer, ...unknown[]];
  const sessions = Array.from({ length: flat.length / 2 }, (_, i) => decodeStoredSession(String(flat[2 * i]), flat[2 * i + 1] as unknown[]));
  return { sessions: sessions.filter((session) => session !== null), next: String(next) === '0' ? await setAfter(connection, prefix, set!) : `${String(next)} ${set}` };
}

/** Those without a connection come first, then gateway by gateway. */
async function setAfter(connection: Connection, prefix: string, set: string): Promise<string | null> {
  const gateways = ((await connection.call('ZRANGE', `${prefix}gws`, 0, -1)) as Buffer[]).map(String).sort();
  const next = gateways.find((gateway) => set === 'exp' || gateway > set.slice('gs:'.length));
  return next === undefined ? null : `0 gs:${next}`;
}

/** As written by `subscribe.lua`: QoS, since, indexed, wildcard id, bucket, log. */
function decodeSubscription(filter: string, text: string): StoredSubscription {
  const [qos, since, , , , log] = text.split(' ');
  return { filter, log: log!, qos: Number(qos) as QoS, since: Number(since) };
}

/** Reply of `save-progress.lua`. */
export function decodeSessionKeys(flat: readonly Buffer[]): SessionKey[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({ clientId: String(flat[2 * i]), epoch: Number(flat[2 * i + 1]) }));
}

/** Reply of `dead-sessions.lua`. */
export function decodeDeadSessions(flat: readonly Buffer[]): DeadSession[] {
  return Array.from({ length: flat.length / 3 }, (_, i) => {
    const [clientId, epoch, clean] = flat.slice(i * 3) as [Buffer, Buffer, Buffer];
    return { session: { clientId: String(clientId), epoch: Number(epoch) }, cleanSession: String(clean) === '1' };
  });
}

/** Reply of `owed-wills.lua`. */
export function decodeOwedWills(flat: readonly Buffer[]): OwedWill[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => {
    const [epoch, record] = flat.slice(i * 2) as [Buffer, Buffer];
    const end = 2 + record.readUInt16BE(0);
    return { session: { clientId: record.toString('utf8', 2, end), epoch: Number(epoch) }, will: decodeWill(record.subarray(end))! };
  });
}
