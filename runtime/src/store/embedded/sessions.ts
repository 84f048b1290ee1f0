import type { DeadSession, MessageId, OpenedSession, OpenSessionRequest, OwedWill, SessionKey, SessionPage, SessionProgress, StoredSession, StoredSubscription, SubscribeRequest, SubscribeResult } from '../contract';
import { isShare, parseShare } from '../../topics/share';
import { ConnectionsCeilingError, FencedError } from '../errors';
import { keyText, readOrdered } from './bytes';
import type { Clock } from './clock';
import { type Filters, releaseIndex } from './filters';
import { KIND, behind, kindKey, orderedBytes, textKey, u16Bytes } from './keys';
import { putNotice } from './notices';
import {
  decodeHead, decodeOwedWill, decodeProgress, decodeSubscription, encodeHead, encodeOwedWill, encodeProgress, encodeSubscription, encodeWill,
  type SessionHead, type SubscriptionRecord,
} from './session-codec';
import type { Shares } from './shares';
import type { Table } from './table';
import { WildcardCount } from './wildcard-count';

/** Sessions with their subscriptions, progress and packet ids. Every method runs inside a step or a read. */
export class Sessions {
  private readonly wildcards: WildcardCount;

  constructor(private readonly state: Table, private readonly filters: Filters, private readonly shares: Shares) {
    this.wildcards = new WildcardCount(state);
  }

  head(clientId: string): SessionHead | undefined {
    const record = this.state.get(textKey(KIND.session, clientId));
    return record && decodeHead(record);
  }

  /** The head, if this epoch is still the session's. */
  held({ clientId, epoch }: SessionKey): SessionHead | undefined {
    const head = this.head(clientId);
    return head?.epoch === epoch ? head : undefined;
  }

  heldOrFenced(session: SessionKey): SessionHead {
    const head = this.held(session);
    if (head === undefined) throw new FencedError(`the session of ${session.clientId} is no longer held under epoch ${session.epoch}`);
    return head;
  }

  read(clientId: string): StoredSession | null {
    const head = this.head(clientId);
    if (head === undefined) return null;
    const { epoch, persistent, owner } = head;
    return { session: { clientId, epoch }, cleanSession: !persistent, owner: owner === '' ? null : owner, subscriptions: this.subscriptions(clientId).map(shown), progress: this.progress(clientId) };
  }

  /** Those without a connection, then those that gateways hold; a place is the key of the list behind which the next page begins. */
  page(after: string | null, limit: number): SessionPage {
    const sessions: StoredSession[] = [];
    let last: Buffer = Buffer.from(after ?? '', 'hex');
    for (const kind of [KIND.expiry, KIND.ownedBy]) {
      const prefix = kindKey(kind);
      const start = last.compare(prefix) > 0 ? Buffer.concat([last, Buffer.from([0])]) : prefix;
      for (const { key, value } of this.state.entries(start, behind(prefix), limit - sessions.length)) {
        last = key;
        const session = this.read(value.toString());
        if (session !== null) sessions.push(session);
      }
      if (sessions.length >= limit) return { sessions, next: last.toString('hex') };
    }
    return { sessions, next: null };
  }

  open(clock: Clock, { clientId, cleanSession, gatewayId, will = null, connectionLimit = Infinity }: OpenSessionRequest): OpenedSession {
    const before = this.head(clientId);
    const previousOwner = before === undefined || before.owner === '' ? null : before.owner;
    if (previousOwner === null && clock.connections >= connectionLimit) throw new ConnectionsCeilingError(`${connectionLimit} sessions have a connection`);
    const previousWill = previousOwner === null || previousOwner === gatewayId ? null : this.owe(clientId, before!.epoch);
    const present = before !== undefined && before.persistent && !cleanSession;
    if (before !== undefined) {
      if (present) this.unlist(clock, clientId, before);
      else this.delete(clock, clientId, before);
    }
    if (will !== null) this.state.put(textKey(KIND.will, clientId), encodeWill(will));
    else this.state.remove(textKey(KIND.will, clientId));
    const epoch = ++clock.sessionEpoch;
    const p2pIndex = cleanSession ? 0 : present ? before.p2pIndex : clock.nextIndex++;
    this.put(clock, clientId, { epoch, persistent: !cleanSession, owner: gatewayId, closedAt: 0, p2pIndex });
    if (!present) this.saveProgress(clientId, { cursor: clock.lastId, acknowledged: [], inflight: [] });
    if (previousOwner !== null && previousOwner !== gatewayId) putNotice(this.state, clock, { kind: 'takeover', clientId, epoch, gatewayId });
    return { epoch, present, previousOwner, previousWill, subscriptions: this.subscriptions(clientId).map(shown), progress: this.progress(clientId) };
  }

  /** A clean session goes, a persistent one stays without an owner. A session that was taken over is left alone. */
  close(clock: Clock, session: SessionKey, progress: SessionProgress | null, owesWill: boolean, now: number): void {
    const head = this.held(session);
    if (head === undefined) return;
    if (owesWill) this.owe(session.clientId, session.epoch);
    if (!head.persistent) {
      this.delete(clock, session.clientId, head);
      return;
    }
    if (progress !== null) this.saveProgress(session.clientId, progress);
    this.disown(clock, session.clientId, head, head.epoch, now);
  }

  /** As `close`, for an owner that died: should it only be asleep, its epoch is no longer the session's. */
  end(clock: Clock, clientId: string, head: SessionHead, endedAt: number): void {
    this.owe(clientId, head.epoch);
    if (head.persistent) this.disown(clock, clientId, head, ++clock.sessionEpoch, endedAt);
    else this.delete(clock, clientId, head);
  }

  delete(clock: Clock, clientId: string, head = this.head(clientId)): void {
    if (head === undefined) return;
    for (const subscription of this.subscriptions(clientId)) this.drop(clock, clientId, subscription);
    for (const { key } of this.state.withPrefix(textKey(KIND.packet, clientId))) this.state.remove(key);
    this.state.remove(textKey(KIND.progress, clientId));
    this.state.remove(textKey(KIND.will, clientId));
    this.unlist(clock, clientId, head);
    this.state.remove(textKey(KIND.session, clientId));
    if (head.p2pIndex > 0) releaseIndex(this.state, head.p2pIndex);
  }

  subscribe(clock: Clock, session: SessionKey, wanted: readonly SubscribeRequest[], limit = Infinity): SubscribeResult[] {
    const head = this.heldOrFenced(session);
    return wanted.map(({ filter, log, qos, wildcardLimit }) => {
      const key = textKey(KIND.subscription, session.clientId, filter);
      const record = this.state.get(key);
      const before = record && decodeSubscription(record);
      if (before === undefined && clock.subscriptions >= limit) return 'subscriptions-ceiling';
      if (before?.log !== log) {
        if (!this.wildcards.add(log, filter, wildcardLimit)) return 'wildcards-exceeded';
        if (before !== undefined) this.wildcards.remove(before.log, filter);
      }
      let index = before?.index ?? 0;
      const share = parseShare(filter);
      if (share !== null && index === 0) index = this.shares.join(clock, { log, ...share });
      const indexed = isShare(filter) ? index > 0 : head.persistent && qos > 0;
      if (indexed && index === 0) index = this.filters.acquire(clock, filter);
      if (!indexed && index > 0) {
        this.filters.release(clock, filter);
        index = 0;
      }
      const subscription: SubscriptionRecord = { filter, log, qos, since: before?.since ?? clock.lastId, index };
      this.state.put(key, encodeSubscription(subscription));
      if (before === undefined) clock.subscriptions++;
      return shown(subscription);
    });
  }

  unsubscribe(clock: Clock, session: SessionKey, filters: readonly string[]): void {
    this.heldOrFenced(session);
    for (const filter of filters) {
      const record = this.state.get(textKey(KIND.subscription, session.clientId, filter));
      if (record !== undefined) this.drop(clock, session.clientId, decodeSubscription(record));
    }
  }

  subscriptions(clientId: string): SubscriptionRecord[] {
    return this.state.withPrefix(textKey(KIND.subscription, clientId)).map(({ value }) => decodeSubscription(value));
  }

  saveProgress(clientId: string, progress: SessionProgress): void {
    this.state.put(textKey(KIND.progress, clientId), encodeProgress(progress));
  }

  /** Taken through a share: the copy of a filter of its own is another. */
  hasInFlight(clientId: string, id: MessageId): boolean {
    return this.progress(clientId).inflight.some((record) => record.id === id && record.apart);
  }

  /** QoS 2: the message that was stored under a packet id and not yet released. */
  packet(clientId: string, packetId: number): MessageId | undefined {
    return this.state.get(packetKey(clientId, packetId))?.readDoubleBE(0);
  }

  putPacket(clientId: string, packetId: number, id: MessageId): void {
    const value = Buffer.allocUnsafe(8);
    value.writeDoubleBE(id);
    this.state.put(packetKey(clientId, packetId), value);
  }

  removePacket(clientId: string, packetId: number): void {
    this.state.remove(packetKey(clientId, packetId));
  }

  /** Sessions without an owner that ended at or before the time, oldest first. */
  endedBefore(time: number, limit: number): string[] {
    const entries = this.state.entries(kindKey(KIND.expiry), kindKey(KIND.expiry, orderedBytes(time + 1)), limit);
    return Array.from(entries, ({ value }) => value.toString());
  }

  ownedBy(gatewayId: string, limit: number): string[] {
    return this.state.withPrefix(textKey(KIND.ownedBy, gatewayId), limit).map(({ value }) => value.toString());
  }

  /** Inside a step: forgets the will, if the session still has one under this epoch, or it is owed. */
  takeWill(session: SessionKey): boolean {
    const keys = [...this.held(session) === undefined ? [] : [textKey(KIND.will, session.clientId)], owedKey(session.epoch)];
    const key = keys.find((candidate) => this.state.has(candidate));
    if (key !== undefined) this.state.remove(key);
    return key !== undefined;
  }

  owedWills(limit: number): OwedWill[] {
    return this.state.withPrefix(kindKey(KIND.owedWill), limit).map(({ key, value }) => decodeOwedWill(readOrdered(key, 1), value));
  }

  forgetWill({ epoch }: SessionKey): void {
    this.state.remove(owedKey(epoch));
  }

  ownedAsDead(gatewayId: string, limit: number): DeadSession[] {
    return this.ownedBy(gatewayId, limit).map((clientId) => {
      const { epoch, persistent } = this.head(clientId)!;
      return { session: { clientId, epoch }, cleanSession: !persistent };
    });
  }

  /** The connection is gone without its will: that no longer is the session's, but whoever's who fires it. */
  private owe(clientId: string, epoch: number): OwedWill | null {
    const will = this.state.get(textKey(KIND.will, clientId));
    if (will === undefined) return null;
    const record = Buffer.from(encodeOwedWill(clientId, will)); // the writer's own bytes change with its next record
    this.state.put(owedKey(epoch), record);
    return decodeOwedWill(epoch, record);
  }

  private disown(clock: Clock, clientId: string, head: SessionHead, epoch: number, closedAt: number): void {
    this.state.remove(textKey(KIND.will, clientId));
    this.unlist(clock, clientId, head);
    this.put(clock, clientId, { ...head, epoch, owner: '', closedAt });
  }

  private progress(clientId: string): SessionProgress {
    return decodeProgress(this.state.get(textKey(KIND.progress, clientId))!);
  }

  private drop(clock: Clock, clientId: string, { filter, log, index }: SubscriptionRecord): void {
    const share = parseShare(filter);
    if (share !== null) this.shares.leave(clock, { log, ...share });
    else if (index > 0) this.filters.release(clock, filter);
    this.wildcards.remove(log, filter);
    clock.subscriptions = Math.max(0, clock.subscriptions - 1); // one that was held since before they were counted
    this.state.remove(textKey(KIND.subscription, clientId, filter));
  }

  /** A held session is listed under its owner, one that is not held under the time when it ended. */
  private put(clock: Clock, clientId: string, head: SessionHead): void {
    if (head.owner !== '') clock.connections++;
    this.state.put(textKey(KIND.session, clientId), encodeHead(head));
    this.state.put(listKey(clientId, head), Buffer.from(clientId));
  }

  private unlist(clock: Clock, clientId: string, head: SessionHead): void {
    if (head.owner !== '') clock.connections = Math.max(0, clock.connections - 1);
    this.state.remove(listKey(clientId, head));
  }
}

function listKey(clientId: string, { owner, closedAt }: SessionHead): Buffer {
  return owner === '' ? kindKey(KIND.expiry, orderedBytes(closedAt), keyText(clientId)) : textKey(KIND.ownedBy, owner, clientId);
}

function owedKey(epoch: number): Buffer {
  return kindKey(KIND.owedWill, orderedBytes(epoch));
}

function packetKey(clientId: string, packetId: number): Buffer {
  return kindKey(KIND.packet, keyText(clientId), u16Bytes(packetId));
}

function shown({ filter, log, qos, since }: SubscriptionRecord): StoredSubscription {
  return { filter, log, qos, since };
}
