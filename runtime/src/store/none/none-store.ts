import type {
  AppendRequest, AppendResult, Availability, ClaimedMessage, DeadSession, Documents, GatewayRecord, InboxEntry, Journals, LogPage, LogRange, MessageId, MissedPage, NamedRecord, NamedRecordPage, OpenedSession,
  OpenSessionRequest, OwedWill, PageBound, PutNamedRecord, Rate, RetainedPage, SessionKey, SessionPage, SessionProgress, Share, ShareSettlement, StatusEvent, Store, StoredMessage, StoredSession,
  StoreStatistics, SubscribeRequest, SubscribeResult, Tail, TailListener, TrimPolicy,
} from '../contract';
import { StoreUnavailableError } from '../errors';
import { PagedTail } from '../shared/paged-tail';
import { Memory } from './memory';
import { missed } from './missed';

const NOT_OPEN: Availability = { available: false, reason: 'the store is not open' };
/** Batches in one turn of the event loop before it gets a chance to turn. */
const STEPS_PER_TURN = 16;
const OPEN: Availability = { available: true };

/**
 * Direct push (B6): nothing is stored. A message goes to the tails and stays for a short while in memory; sessions end with
 * their connection; retained messages and shares end with the process, and so do documents unless a file keeps them. For one
 * process.
 */
export class NoneStore implements Store {
  readonly engine = 'none';
  readonly ownProcess = false;
  readonly journals: Journals = {
    note: async (journal, notes, bounds) => this.memory.journals.note(journal, notes, bounds, Date.now()),
    read: async (journal, key) => this.memory.journals.read(journal, key),
  };
  private state: Availability = NOT_OPEN;
  private readonly listeners = new Set<(availability: Availability) => void>();
  private readonly tails = new Set<PagedTail>();
  private stepsThisTurn = 0;

  /** Stores with one memory are one storage. `file` keeps what was handed over (B6: a gateway that starts again needs nobody). */
  constructor(private readonly own = new Memory(), private readonly file?: string) {}

  async open(): Promise<void> {
    if (this.file !== undefined) this.own.records.kept.open(this.file);
    this.set(OPEN);
  }

  async close(): Promise<void> {
    this.set({ available: false, reason: 'the store is closed' });
    await Promise.all([...this.tails].map((tail) => tail.close()));
    await this.own.records.kept.close();
  }

  get availability(): Availability {
    return this.state;
  }

  onAvailability(listener: (availability: Availability) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async readDocuments(): Promise<Documents> {
    return structuredClone(this.memory.records.kept.documents);
  }

  async writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): Promise<boolean> {
    return this.ringing(await this.memory.records.kept.writeDocuments(next, expectedRevision));
  }

  async keepValue(name: string, value: string): Promise<string> {
    return this.memory.records.kept.keepValue(name, value);
  }

  async putRecord(record: PutNamedRecord): Promise<number | null> {
    return this.ringing(await this.memory.records.kept.putRecord(record, Date.now()));
  }

  async deleteRecord(kind: string, id: string, expectedVersion: number | null): Promise<boolean> {
    return this.ringing(await this.memory.records.kept.deleteRecord(kind, id, expectedVersion, Date.now()));
  }

  async readRecords(kind: string, ids: readonly string[]): Promise<readonly (NamedRecord | undefined)[]> {
    return ids.map((id) => this.memory.records.kept.record(kind, id, Date.now()));
  }

  async pageRecords(kind: string, after: string | null, limit: number): Promise<NamedRecordPage> {
    return this.memory.records.kept.page(kind, after, limit, Date.now());
  }

  async recordsRevision(kind: string): Promise<number> {
    return this.memory.records.kept.revision(kind);
  }

  async expireRecords(): Promise<number> {
    return this.memory.records.kept.expire(Date.now());
  }

  async heartbeat(record: GatewayRecord, leaseSeconds: number): Promise<boolean> {
    return this.memory.records.heartbeat(record, Date.now(), leaseSeconds * 1000);
  }

  async gateways(): Promise<readonly GatewayRecord[]> {
    return this.memory.records.gateways(Date.now());
  }

  async removeGateway(gatewayId: string): Promise<void> {
    const { records, shares, sessions, appender } = this.memory;
    for (const share of shares.forgetGateway(gatewayId)) records.notify({ kind: 'share', share });
    appender.forgetGateway(gatewayId);
    records.endGateway(gatewayId, sessions.owns(gatewayId));
    this.memory.ring();
  }

  async lease(name: string, holder: string, seconds: number): Promise<boolean> {
    return this.memory.records.lease(name, holder, Date.now(), Date.now() + seconds * 1000);
  }

  async takeRate(name: string, rate: Rate): Promise<number> {
    return this.memory.records.takeRate(name, rate, Date.now());
  }

  async append(gatewayId: string, batch: number, requests: readonly AppendRequest[]): Promise<readonly AppendResult[]> {
    const { memory } = this;
    const results = memory.appender.run(gatewayId, batch, requests);
    memory.ring();
    // what is acknowledged has been given to the sessions that are there
    await memory.backPressure.taken(memory.appender.lastId);
    if (memory.window.full) await memory.settle();
    await this.breathe();
    return results;
  }

  async releaseQos2(session: SessionKey, packetId: number): Promise<void> {
    this.memory.sessions.heldOrFenced(session).packets.delete(packetId);
  }

  async lastId(): Promise<MessageId> {
    return this.memory.appender.lastId;
  }

  async openSession(request: OpenSessionRequest): Promise<OpenedSession> {
    return this.ringing(this.memory.sessions.open(request, this.memory.appender.lastId));
  }

  async readSession(clientId: string): Promise<StoredSession | null> {
    return this.memory.sessions.read(clientId);
  }

  async pageSessions(after: string | null, limit: number): Promise<SessionPage> {
    return this.memory.sessions.page(after, limit);
  }

  async subscribe(session: SessionKey, subscriptions: readonly SubscribeRequest[], limit?: number): Promise<readonly SubscribeResult[]> {
    return this.memory.sessions.subscribe(session, subscriptions, this.memory.appender.lastId, limit);
  }

  async unsubscribe(session: SessionKey, filters: readonly string[]): Promise<void> {
    this.memory.sessions.unsubscribe(session, filters);
  }

  /** A session ends with its connection, so of its progress only what it took from shares matters. */
  async saveProgress(entries: readonly { session: SessionKey; progress: SessionProgress; taken?: readonly ClaimedMessage[] }[]): Promise<readonly SessionKey[]> {
    const { sessions } = this.memory;
    return entries.filter(({ session, progress, taken = [] }) => !sessions.take(session, progress, taken)).map(({ session }) => session);
  }

  async closeSession(session: SessionKey, _progress?: SessionProgress | null, _taken?: readonly ClaimedMessage[], owesWill = false): Promise<void> {
    this.memory.sessions.close(session, owesWill);
  }

  async deleteSession(clientId: string): Promise<void> {
    this.memory.sessions.delete(clientId);
  }

  async deadSessions(limit: number): Promise<readonly DeadSession[]> {
    return this.memory.sessions.dead(limit, Date.now());
  }

  async endDeadSession(session: SessionKey): Promise<boolean> {
    return this.memory.sessions.endDead(session, Date.now());
  }

  async owedWills(limit: number): Promise<readonly OwedWill[]> {
    return this.memory.sessions.owedWills(limit);
  }

  async forgetWill(session: SessionKey): Promise<void> {
    this.memory.sessions.forgetWill(session);
  }

  /** Nothing outlives its connection. */
  async expireSessions(): Promise<number> {
    return 0;
  }

  async readMissed(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): Promise<MissedPage> {
    return missed(this.memory.sessions, this.memory.window, session, after, upTo, limit);
  }

  async readMessages(keys: readonly { log: string; id: MessageId }[]): Promise<readonly (StoredMessage | undefined)[]> {
    return keys.map(({ log, id }) => {
      const message = this.memory.window.find(id);
      return message?.log === log ? message : undefined;
    });
  }

  async readLog(log: string, range: LogRange, page: PageBound): Promise<LogPage> {
    return this.memory.window.read(log, range, page);
  }

  async readRetained(filter: string, after: string | null, page: PageBound): Promise<RetainedPage> {
    return this.memory.retained.read(filter, after, page);
  }

  async claimShared(share: Share, gatewayId: string, limit: number, held?: readonly MessageId[]): Promise<readonly StoredMessage[]> {
    const { shares, records } = this.memory;
    const now = Date.now();
    await this.breathe();
    return shares.claim(share, gatewayId, limit, (claimer) => records.isDead(claimer, now), held);
  }

  async settleShared(share: Share, gatewayId: string, settlement: ShareSettlement): Promise<void> {
    if (!this.memory.shares.settle(share, gatewayId, settlement)) return;
    this.memory.records.notify({ kind: 'share', share });
    this.memory.ring();
  }

  async recordStatus(events: readonly StatusEvent[]): Promise<void> {
    this.memory.records.recordStatus(events);
  }

  async readStatus(group: string, limit: number): Promise<readonly StatusEvent[]> {
    return this.memory.records.readStatus(group, limit);
  }

  /** Nobody else reaches the memory of this process. */
  async readInbox(): Promise<readonly InboxEntry[]> {
    return [];
  }

  async refuseInbox(): Promise<void> { /* there is none */ }

  async watchInbox(): Promise<() => Promise<void>> {
    return async () => undefined;
  }

  async tail(listener: TailListener): Promise<Tail> {
    const { window, records, appender, backPressure, tails } = this.memory;
    const source = {
      look: () => ({ lastId: appender.lastId, noticeNumber: records.noticeNumber }),
      page: (position: MessageId, followed: ReadonlySet<string>) => window.page(position, followed, appender.lastId),
      notices: (after: number) => records.noticesAfter(after),
    };
    const reporting: TailListener = {
      onMessages: async (messages, position) => {
        await listener.onMessages(messages, position);
        backPressure.took(reporting, position);
      },
      onNotice: (notice) => listener.onNotice(notice),
    };
    const tail = new PagedTail(source, reporting, appender.lastId, records.noticeNumber, () => {
      tails.delete(tail.ring);
      this.tails.delete(tail);
      backPressure.left(reporting);
    });
    backPressure.took(reporting, tail.position);
    tails.add(tail.ring);
    this.tails.add(tail);
    return tail;
  }

  async trim(policy: TrimPolicy): Promise<number> {
    const { window, shares, appender } = this.memory;
    const removed = window.trim(policy, Date.now());
    shares.forgetBelow(window.oldest ?? appender.lastId + 1);
    return removed;
  }

  async deleteLog(log: string): Promise<void> {
    this.memory.window.deleteLog(log);
    this.memory.retained.deleteLog(log);
  }

  async statistics(): Promise<StoreStatistics> {
    const { window } = this.memory;
    const perLog: Record<string, number> = {};
    const bytesPerLog: Record<string, number> = {};
    for (const { message: { log, payload } } of window.all()) {
      perLog[log] = (perLog[log] ?? 0) + 1;
      bytesPerLog[log] = (bytesPerLog[log] ?? 0) + payload.length;
    }
    return { messages: window.size, payloadBytes: window.payloadBytes, perLog, bytesPerLog, usedBytes: process.memoryUsage.rss(), limitBytes: null };
  }

  /** Keeps no messages to speak of. */
  limitTo(): void {}

  /** A caller that only ever waits for the next step must not keep the process from its sockets. */
  private async breathe(): Promise<void> {
    if (this.stepsThisTurn++ === 0) setImmediate(() => (this.stepsThisTurn = 0));
    if (this.stepsThisTurn > STEPS_PER_TURN) await new Promise(setImmediate);
  }

  private get memory(): Memory {
    if (!this.state.available) throw new StoreUnavailableError(this.state.reason);
    return this.own;
  }

  private ringing<T>(result: T): T {
    this.own.ring();
    return result;
  }

  private set(availability: Availability): void {
    const changed = availability.available !== this.state.available;
    this.state = availability;
    if (changed) for (const listener of this.listeners) listener(availability);
  }
}
