import type { DeadSession, OpenedSession, QoS, SessionKey, StoredSession, StoredSubscription } from '../contract';
import { decodeProgress } from './progress';
import { decodeWill } from './will';

/** Reply of `open-session.lua`: epoch, present, previous owner, its will, then the fields of the session's hash. */
export function decodeSession(reply: readonly unknown[]): OpenedSession {
  const [epoch, present, previousOwner, previousWill, ...flat] = reply;
  const { subscriptions, progress } = decodeFields(flat);
  return {
    epoch: Number(epoch),
    present: present === 1,
    previousOwner: String(previousOwner) === '' ? null : String(previousOwner),
    subscriptions,
    previousWill: decodeWill(previousWill as Buffer),
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
  return Array.from({ length: flat.length / 4 }, (_, i) => {
    const [clientId, epoch, clean, will] = flat.slice(i * 4) as [Buffer, Buffer, Buffer, Buffer];
    return { session: { clientId: String(clientId), epoch: Number(epoch) }, cleanSession: String(clean) === '1', will: decodeWill(will) };
  });
}
