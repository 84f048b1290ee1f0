import type { MessageId, MissedPage, QoS, SessionKey, StoredMessage } from '../contract';
import { matches } from '../../topics/match';
import { isShare } from '../../topics/share';
import type { Session, Sessions } from './sessions';
import type { MessageWindow, WindowEntry } from './window';

/**
 * What a session that asked to be kept was too slow for, as far as the window reaches. What fell out of it is not counted:
 * nobody knows any more whom it was for.
 */
export function missed(sessions: Sessions, window: MessageWindow, key: SessionKey, after: MessageId, upTo: MessageId, limit: number): MissedPage {
  const session = sessions.heldOrFenced(key);
  const messages: { message: StoredMessage; qos: QoS }[] = [];
  for (const entry of window.above(after)) {
    if (entry.message.id > upTo) break;
    const qos = grantedTo(key.clientId, session, entry);
    if (qos === 0) continue;
    if (messages.length >= limit) return { messages, next: messages.at(-1)?.message.id ?? after, complete: false };
    messages.push({ message: entry.message, qos });
  }
  return { messages, next: Math.max(after, upTo), complete: true };
}

/** min(published, granted); 0: not for it, or not to be kept. */
function grantedTo(clientId: string, session: Session, { message, p2pClientId }: WindowEntry): QoS {
  if (session.cleanSession || message.qos === 0) return 0;
  if (p2pClientId !== null) return p2pClientId === clientId && message.id > session.born ? message.qos : 0;
  let granted = 0;
  for (const { filter, keptAfter, qos } of session.subscriptions.values()) {
    if (qos > granted && message.id > keptAfter && !isShare(filter) && matches(filter, message.topic)) granted = qos;
  }
  return Math.min(message.qos, granted) as QoS;
}
