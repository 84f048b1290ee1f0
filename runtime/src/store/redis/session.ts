import type { OpenedSession, QoS, StoredSubscription } from '../contract';
import { decodeProgress } from './progress';

/** Reply of `open-session.lua`: epoch, present, previous owner, then the fields of the session's hash. */
export function decodeSession(reply: readonly unknown[]): OpenedSession {
  const [epoch, present, previousOwner, ...flat] = reply;
  const values = new Map<string, string>();
  const subscriptions: StoredSubscription[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = String(flat[i]);
    const value = String(flat[i + 1]);
    if (name.startsWith('f:')) subscriptions.push(decodeSubscription(name.slice(2), value));
    else values.set(name, value);
  }
  return {
    epoch: Number(epoch),
    present: present === 1,
    previousOwner: String(previousOwner) === '' ? null : String(previousOwner),
    subscriptions,
    progress: decodeProgress(values.get('cursor') ?? '0', values.get('acked') ?? '', values.get('inflight') ?? ''),
  };
}

/** As written by `subscribe.lua`: QoS, since, indexed, wildcard id, bucket, log. */
function decodeSubscription(filter: string, text: string): StoredSubscription {
  const [qos, since, , , , log] = text.split(' ');
  return { filter, log: log!, qos: Number(qos) as QoS, since: Number(since) };
}
