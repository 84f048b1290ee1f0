import type { ClaimedMessage, DeadSession, MessageId, OpenedSession, OpenSessionRequest, OwedWill, SessionKey, SessionPage, SessionProgress, StoredSession, StoredSubscription, SubscribeRequest, SubscribeResult, WillRecord } from '../contract';
import { ConnectionsCeilingError, FencedError } from '../errors';
import { parseShare } from '../../topics/share';
import type { Records } from './records';
import type { Shares } from './shares';
import { WildcardCount } from './wildcard-count';

export interface Session {
  readonly epoch: number;
  readonly cleanSession: boolean;
  readonly owner: string;
  /** Highest id when it was opened. */
  readonly born: MessageId;
  /** `keptAfter`: from when on its messages are kept for a slow client: since QoS 1 or 2 was granted. */
  readonly subscriptions: Map<string, StoredSubscription & { readonly keptAfter: MessageId }>;
  /** QoS 2: what was stored under a packet id that is not yet released. */
  readonly packets: Map<number, MessageId>;
  will: WillRecord | null;
  /** Messages of shares that it made its own. */
  readonly taken: Set<MessageId>;
}

/** Sessions live as long as their connection: each begins empty, and nothing of it is left when it ends. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();
  private readonly wildcards = new WildcardCount();
  /** By epoch of the connection that left it. */
  private readonly owed = new Map<number, OwedWill>();
  private epoch = 0;
  /** Of all sessions. */
  private subscriptions = 0;

  constructor(private readonly shares: Shares, private readonly records: Records) {}

  get(clientId: string): Session | undefined {
    return this.sessions.get(clientId);
  }

  held({ clientId, epoch }: SessionKey): Session | undefined {
    const session = this.sessions.get(clientId);
    return session?.epoch === epoch ? session : undefined;
  }

  heldOrFenced(key: SessionKey): Session {
    const session = this.held(key);
    if (session === undefined) throw new FencedError(`the session of ${key.clientId} is no longer held under epoch ${key.epoch}`);
    return session;
  }

  /** Its progress is with the gateway, in this process, and not kept here. */
  read(clientId: string): StoredSession | null {
    const session = this.sessions.get(clientId);
    if (session === undefined) return null;
    const { epoch, cleanSession, owner, born, subscriptions } = session;
    return {
      session: { clientId, epoch }, cleanSession, owner, progress: { cursor: born, acknowledged: [], inflight: [] },
      subscriptions: [...subscriptions.values()].map(({ filter, log, qos, since }) => ({ filter, log, qos, since })),
    };
  }

  page(after: string | null, limit: number): SessionPage {
    const ids = [...this.sessions.keys()].filter((clientId) => after === null || clientId > after).sort().slice(0, limit);
    return { sessions: ids.map((clientId) => this.read(clientId)!), next: ids.length < limit ? null : ids.at(-1)! };
  }

  open({ clientId, cleanSession, gatewayId, will = null, connectionLimit = Infinity }: OpenSessionRequest, lastId: MessageId): OpenedSession {
    const before = this.sessions.get(clientId);
    if (before === undefined && this.sessions.size >= connectionLimit) throw new ConnectionsCeilingError(`${connectionLimit} sessions have a connection`);
    const previousWill = before === undefined || before.owner === gatewayId ? null : this.owe(clientId, before);
    this.delete(clientId);
    const epoch = ++this.epoch;
    this.sessions.set(clientId, { epoch, cleanSession, owner: gatewayId, born: lastId, subscriptions: new Map(), packets: new Map(), will, taken: new Set() });
    if (before !== undefined && before.owner !== gatewayId) this.records.notify({ kind: 'takeover', clientId, epoch, gatewayId });
    return {
      epoch, present: false, previousOwner: before?.owner ?? null, previousWill, subscriptions: [],
      progress: { cursor: lastId, acknowledged: [], inflight: [] } satisfies SessionProgress,
    };
  }

  /** What is no longer in flight is done with, so it need not be known any more. */
  take(key: SessionKey, { inflight }: SessionProgress, claims: readonly ClaimedMessage[]): boolean {
    const session = this.held(key);
    if (session === undefined || !this.shares.take(claims, session.taken)) return false;
    session.taken.clear();
    for (const { id, apart } of inflight) if (apart) session.taken.add(id);
    return true;
  }

  close(key: SessionKey, owesWill: boolean): void {
    const session = this.held(key);
    if (session === undefined) return;
    if (owesWill) this.owe(key.clientId, session);
    this.delete(key.clientId);
  }

  delete(clientId: string): void {
    const session = this.sessions.get(clientId);
    if (session === undefined) return;
    for (const subscription of session.subscriptions.values()) this.drop(subscription);
    this.sessions.delete(clientId);
  }

  subscribe(key: SessionKey, wanted: readonly SubscribeRequest[], lastId: MessageId, limit = Infinity): SubscribeResult[] {
    const { subscriptions } = this.heldOrFenced(key);
    return wanted.map(({ filter, log, qos, wildcardLimit }) => {
      const before = subscriptions.get(filter);
      if (before === undefined && this.subscriptions >= limit) return 'subscriptions-ceiling';
      if (before?.log !== log) {
        if (!this.wildcards.add(log, filter, wildcardLimit)) return 'wildcards-exceeded';
        if (before !== undefined) this.wildcards.remove(before.log, filter);
      }
      const share = before === undefined ? parseShare(filter) : null;
      if (share !== null) this.shares.join({ log, ...share });
      const subscription: StoredSubscription = { filter, log, qos, since: before?.since ?? lastId };
      const keptAfter = before === undefined || before.qos === 0 ? lastId : before.keptAfter;
      subscriptions.set(filter, { ...subscription, keptAfter });
      if (before === undefined) this.subscriptions++;
      return subscription;
    });
  }

  unsubscribe(key: SessionKey, filters: readonly string[]): void {
    const { subscriptions } = this.heldOrFenced(key);
    for (const filter of filters) {
      const subscription = subscriptions.get(filter);
      if (subscription === undefined) continue;
      this.drop(subscription);
      subscriptions.delete(filter);
    }
  }

  takeWill(key: SessionKey): boolean {
    const session = this.held(key);
    if (session === undefined || session.will === null) return this.owed.delete(key.epoch);
    session.will = null;
    return true;
  }

  owedWills(limit: number): OwedWill[] {
    return [...this.owed.values()].slice(0, limit);
  }

  forgetWill({ epoch }: SessionKey): void {
    this.owed.delete(epoch);
  }

  private owe(clientId: string, { epoch, will }: Session): OwedWill | null {
    if (will === null) return null;
    const owed = { session: { clientId, epoch }, will };
    this.owed.set(epoch, owed);
    return owed;
  }

  owns(gatewayId: string): boolean {
    return [...this.sessions.values()].some((session) => session.owner === gatewayId);
  }

  dead(limit: number, now: number): DeadSession[] {
    const found: DeadSession[] = [];
    for (const [clientId, { epoch, owner, cleanSession }] of this.sessions) {
      if (found.length >= limit) break;
      if (this.records.isDead(owner, now)) found.push({ session: { clientId, epoch }, cleanSession });
    }
    return found;
  }

  endDead(key: SessionKey, now: number): boolean {
    const session = this.held(key);
    if (session === undefined || !this.records.isDead(session.owner, now)) return false;
    this.owe(key.clientId, session);
    this.delete(key.clientId);
    return true;
  }

  private drop({ filter, log }: StoredSubscription): void {
    const share = parseShare(filter);
    if (share !== null) this.shares.leave({ log, ...share });
    this.subscriptions--;
    this.wildcards.remove(log, filter);
  }
}
