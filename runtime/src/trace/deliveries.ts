/**
 * Who has a message: what the sessions of the store say, which costs a message nothing on its way, and what was traced of the
 * deliveries themselves: those to clean sessions and at QoS 0, and the times.
 */
import type { MessageId, QoS, Store, StoredMessage, StoredSession } from '../store/contract';
import { matches } from '../topics/match';
import { isShare } from '../topics/share';
import { GAP_JOURNAL, MESSAGE_BOUNDS, MESSAGE_JOURNAL, minuteOf, TRACED_SINCE, type DeliveryNote } from './message-trace';

export interface Delivery {
  readonly clientId: string;
  readonly state: 'waiting' | 'sent' | 'received' | 'acknowledged';
  readonly qos: QoS;
  /** Milliseconds since 1970; null: not traced. */
  readonly sentAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly address: string | null;
  readonly gatewayId: string | null;
}

/** Sessions of one page, and that one answer looks at. */
const PAGE_SESSIONS = 200;
const SESSIONS = 10_000;
/** Clocks of gateways and store may differ by so much. */
const CLOCKS_MS = 2_000;

export async function deliveriesOf(store: Store, message: StoredMessage, p2pClientId: string | null): Promise<{ deliveries: readonly Delivery[]; complete: boolean }> {
  const { entries } = await store.journals.read(MESSAGE_JOURNAL, String(message.id));
  const deliveries = new Map<string, Delivery>();
  for (const { value } of entries) note(deliveries, JSON.parse(value) as DeliveryNote);
  // with direct push no session keeps anything, and progress is with the gateway alone
  const { sessions, complete } = store.engine === 'none' ? { sessions: [], complete: true } : await sessionsFor(store, p2pClientId);
  for (const session of sessions) {
    const kept = keptFor(session, message, p2pClientId);
    if (kept === null) continue;
    const { clientId } = session.session;
    const traced = deliveries.get(clientId);
    const { sentAt = null, acknowledgedAt = null, address = null, gatewayId = null } = traced ?? {};
    // progress is saved once a second, so what was traced may be ahead of it
    const state = traced?.state === 'acknowledged' || (kept.state === 'waiting' && traced !== undefined) ? traced.state : kept.state;
    deliveries.set(clientId, { clientId, state, qos: kept.qos, sentAt, acknowledgedAt, address, gatewayId });
  }
  return {
    deliveries: [...deliveries.values()].sort((a, b) => (a.clientId < b.clientId ? -1 : 1)),
    complete: complete && entries.length < MESSAGE_BOUNDS.perKey,
  };
}

/** Whether every delivery of a message was traced, as far as the gateways know. */
export async function tracedWhole(store: Store, id: MessageId): Promise<boolean> {
  const [since, traces, gaps] = await Promise.all([
    store.keepValue(TRACED_SINCE, String(Date.now())), store.journals.read(MESSAGE_JOURNAL, String(id)), store.journals.read(GAP_JOURNAL, String(minuteOf(id))),
  ]);
  const at = id / 1_000;
  return at >= Number(since) - CLOCKS_MS && gaps.entries.length === 0 && at > Math.max(traces.forgottenUntil, gaps.forgottenUntil);
}

/** A client may have been sent it twice, when it came back; notes of one delivery may be two. */
function note(deliveries: Map<string, Delivery>, [clientId, address, gatewayId, qos, sentAt, acknowledgedAt]: DeliveryNote): void {
  const before = deliveries.get(clientId);
  const done = acknowledgedAt ?? before?.acknowledgedAt ?? null;
  deliveries.set(clientId, { clientId, address, gatewayId, qos, sentAt: Math.min(sentAt, before?.sentAt ?? sentAt), acknowledgedAt: done, state: done === null ? 'sent' : 'acknowledged' });
}

async function sessionsFor(store: Store, p2pClientId: string | null): Promise<{ sessions: readonly StoredSession[]; complete: boolean }> {
  if (p2pClientId !== null) return { sessions: [await store.readSession(p2pClientId)].filter((session) => session !== null), complete: true };
  const sessions: StoredSession[] = [];
  for (let after: string | null = null; sessions.length < SESSIONS;) {
    const page = await store.pageSessions(after, PAGE_SESSIONS);
    sessions.push(...page.sessions.filter(({ cleanSession }) => !cleanSession));
    if (page.next === null) return { sessions, complete: true };
    after = page.next;
  }
  return { sessions, complete: false };
}

/** What a stored session says of a message; null: it does not keep it. A share keeps it for all its members, so none of them says anything until it has it. */
function keptFor({ cleanSession, subscriptions, progress }: StoredSession, { id, topic, qos }: StoredMessage, p2pClientId: string | null): Pick<Delivery, 'state' | 'qos'> | null {
  if (cleanSession) return null;
  const flying = progress.inflight.find((record) => record.id === id);
  if (flying !== undefined) return { state: flying.released ? 'received' : 'sent', qos: flying.qos };
  const granted = p2pClientId !== null ? qos : subscriptions
    .filter(({ filter, since }) => !isShare(filter) && since < id && matches(filter, topic)).reduce((most, each) => Math.max(most, each.qos), 0);
  const level = Math.min(granted, qos) as QoS;
  if (level === 0) return null; // QoS 0 waits for nobody
  return { state: id <= progress.cursor || progress.acknowledged.includes(id) ? 'acknowledged' : 'waiting', qos: level };
}
