import type {
  AppendRequest, AppendResult, Availability, ClaimedMessage, DeadSession, Documents, GatewayRecord, InboxEntry, Journals, LogPage, LogRange, MessageId, MissedPage, NamedRecord, NamedRecordPage, OpenedSession, OpenSessionRequest, OwedWill, PageBound,
  PutNamedRecord, Rate, RetainedPage, SessionKey, SessionPage, SessionProgress, Share, ShareSettlement, StatusEvent, Store, StoredMessage, StoredSession, StoreStatistics, SubscribeRequest, SubscribeResult, Tail, TailListener, TrimPolicy,
} from '../contract';
import { StoreFullError, StoreUnavailableError } from '../errors';
import { PagedTail, type TailSource } from '../shared/paged-tail';
import { Clock } from './clock';
import { Environment, type EmbeddedDurability } from './environment';
import { Health } from './health';
import { identify } from './identity';
import { readNotices } from './notices';
import { assemble, type Opened } from './opened';
import { TRIM_STEP } from './trimmer';

export interface EmbeddedStoreOptions {
  /** Made if it is missing; on a local disk, never on a network file system. */
  readonly directory: string;
  /** Must stay the same for one directory. */
  readonly storageId: string;
  /** What an acknowledgement stands for; see `EmbeddedDurability`. @default process */
  readonly durability?: EmbeddedDurability;
}

/** Steps of `TRIM_STEP` removals per call of `trim` and of a sweep. */
const STEPS_PER_TRIM = 10;
/** Leases that ran out, forgotten by one expiry. */
const LEASES_PER_STEP = 1_000;
/** Sessions per step of an expiry. */
const SESSIONS_PER_STEP = 200;

/** The store on lmdb, inside the gateway's process. */
export class EmbeddedStore implements Store {
  readonly engine = 'embedded';
  readonly ownProcess = false;
  private opened: Opened | undefined;
  private readonly tails = new Set<PagedTail>();
  readonly journals: Journals = {
    note: (journal, notes, bounds) => this.step(({ journals }) => journals.note(journal, notes, bounds, Date.now())),
    read: (journal, key) => this.read(({ journals }) => journals.read(journal, key)),
  };
  private readonly health = new Health(() => this.step(({ environment }) => identify(environment, this.options.storageId, true)));

  constructor(private readonly options: EmbeddedStoreOptions) {}

  async open(): Promise<void> {
    if (this.opened !== undefined) return;
    const environment = await Environment.open(this.options.directory, this.options.durability ?? 'process');
    this.opened = assemble(environment);
    try {
      await this.step(({ environment: opened }) => identify(opened, this.options.storageId, false));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.health.up();
  }

  async close(): Promise<void> {
    const { opened } = this;
    if (opened === undefined) return;
    this.opened = undefined;
    await Promise.all([...this.tails].map((tail) => tail.close()));
    this.health.closed();
    await opened.environment.close();
  }

  get availability(): Availability {
    return this.health.availability;
  }

  onAvailability(listener: (availability: Availability) => void): () => void {
    return this.health.subscribe(listener);
  }

  readDocuments(): Promise<Documents> {
    return this.read(({ records }) => records.documents());
  }

  async writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): Promise<boolean> {
    return this.ringing(this.step(({ records }) => records.writeDocuments(next, expectedRevision)));
  }

  keepValue(name: string, value: string): Promise<string> {
    return this.step(({ records }) => records.keepValue(name, value));
  }

  putRecord(record: PutNamedRecord): Promise<number | null> {
    return this.ringing(this.step(({ named }) => named.put(record, Date.now())));
  }

  deleteRecord(kind: string, id: string, expectedVersion: number | null): Promise<boolean> {
    return this.ringing(this.step(({ named }) => named.delete(kind, id, expectedVersion, Date.now())));
  }

  readRecords(kind: string, ids: readonly string[]): Promise<readonly (NamedRecord | undefined)[]> {
    return this.read(({ named }) => ids.map((id) => named.read(kind, id, Date.now())));
  }

  pageRecords(kind: string, after: string | null, limit: number): Promise<NamedRecordPage> {
    return this.read(({ named }) => named.page(kind, after, limit, Date.now()));
  }

  recordsRevision(kind: string): Promise<number> {
    return this.read(({ named }) => named.revision(kind));
  }

  expireRecords(): Promise<number> {
    return this.step(({ named }) => named.expire(Date.now()));
  }

  heartbeat(record: GatewayRecord, leaseSeconds: number): Promise<boolean> {
    return this.step(({ records }) => records.heartbeat(record, Date.now(), leaseSeconds * 1000));
  }

  gateways(): Promise<readonly GatewayRecord[]> {
    return this.read(({ records }) => records.gateways(Date.now()));
  }

  /** What it leaves open is ended as if it had died. */
  removeGateway(gatewayId: string): Promise<void> {
    return this.ringing(this.stepWithClock(({ records, sessions, queue }, clock) => {
      queue.forgetGateway(clock, gatewayId);
      if (sessions.ownedBy(gatewayId, 1).length > 0) records.endGateway(gatewayId, Date.now());
      else records.removeGateway(gatewayId);
    }));
  }

  lease(name: string, holder: string, seconds: number): Promise<boolean> {
    return this.step(({ records }) => records.lease(name, holder, Date.now(), Date.now() + seconds * 1000));
  }

  takeRate(name: string, rate: Rate): Promise<number> {
    return this.step(({ records }) => records.takeRate(name, rate, Date.now()));
  }

  async append(gatewayId: string, batch: number, requests: readonly AppendRequest[]): Promise<readonly AppendResult[]> {
    try {
      const { recent, hasTails } = this.mustBeOpen().environment;
      return await this.ringing(this.step(({ appender }) => appender.run(gatewayId, batch, requests, hasTails)).then(({ results, stored }) => {
        if (stored !== null) {
          recent.forget(Math.min(...[...this.tails].map(({ position }) => position)));
          recent.push(stored);
        }
        return results;
      }));
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error;
      const { message } = error;
      return requests.map(() => ({ ok: false, reason: 'full', message }));
    }
  }

  releaseQos2(session: SessionKey, packetId: number): Promise<void> {
    return this.step(({ sessions }) => {
      sessions.heldOrFenced(session);
      sessions.removePacket(session.clientId, packetId);
    });
  }

  lastId(): Promise<MessageId> {
    return this.read(({ environment }) => Clock.read(environment.state).lastId);
  }

  openSession(request: OpenSessionRequest): Promise<OpenedSession> {
    return this.ringing(this.stepWithClock(({ sessions }, clock) => sessions.open(clock, request)));
  }

  readSession(clientId: string): Promise<StoredSession | null> {
    return this.read(({ sessions }) => sessions.read(clientId));
  }

  pageSessions(after: string | null, limit: number): Promise<SessionPage> {
    return this.read(({ sessions }) => sessions.page(after, limit));
  }

  subscribe(session: SessionKey, subscriptions: readonly SubscribeRequest[], limit?: number): Promise<readonly SubscribeResult[]> {
    return this.stepWithClock(({ sessions }, clock) => sessions.subscribe(clock, session, subscriptions, limit));
  }

  unsubscribe(session: SessionKey, filters: readonly string[]): Promise<void> {
    return this.stepWithClock(({ sessions }, clock) => sessions.unsubscribe(clock, session, filters));
  }

  saveProgress(entries: readonly { session: SessionKey; progress: SessionProgress; taken?: readonly ClaimedMessage[] }[]): Promise<readonly SessionKey[]> {
    return this.step(({ sessions, queue }) => entries.filter(({ session, progress, taken }) => {
      if (sessions.held(session) === undefined || !queue.take(sessions, session.clientId, taken)) return true;
      sessions.saveProgress(session.clientId, progress);
      return false;
    }).map(({ session }) => session));
  }

  closeSession(session: SessionKey, progress: SessionProgress | null, taken?: readonly ClaimedMessage[], owesWill = false): Promise<void> {
    return this.stepWithClock(({ sessions, queue }, clock) => {
      const kept = sessions.held(session) !== undefined && queue.take(sessions, session.clientId, taken);
      sessions.close(clock, session, kept ? progress : null, owesWill, Date.now());
    });
  }

  deleteSession(clientId: string): Promise<void> {
    return this.stepWithClock(({ sessions }, clock) => sessions.delete(clock, clientId));
  }

  deadSessions(limit: number): Promise<readonly DeadSession[]> {
    return this.read(({ records, sessions }) => {
      const dead: DeadSession[] = [];
      for (const { gatewayId } of records.deadGateways(Date.now())) {
        if (dead.length < limit) dead.push(...sessions.ownedAsDead(gatewayId, limit - dead.length));
      }
      return dead;
    });
  }

  endDeadSession(session: SessionKey): Promise<boolean> {
    return this.stepWithClock(({ records, sessions }, clock) => {
      const head = sessions.held(session);
      const diedAt = head === undefined || head.owner === '' ? undefined : records.deadSince(head.owner, Date.now());
      if (diedAt === undefined) return false;
      sessions.end(clock, session.clientId, head!, diedAt);
      return true;
    });
  }

  owedWills(limit: number): Promise<readonly OwedWill[]> {
    return this.read(({ sessions }) => sessions.owedWills(limit));
  }

  forgetWill(session: SessionKey): Promise<void> {
    return this.step(({ sessions }) => sessions.forgetWill(session));
  }

  async expireSessions(retentionSeconds: number): Promise<number> {
    await this.forgetDeadGateways();
    const before = Date.now() - retentionSeconds * 1000;
    for (let expired = 0; ;) {
      const count = await this.stepWithClock(({ sessions }, clock) => {
        const clients = sessions.endedBefore(before, SESSIONS_PER_STEP);
        for (const clientId of clients) sessions.delete(clock, clientId);
        return clients.length;
      });
      expired += count;
      if (count < SESSIONS_PER_STEP) return expired;
    }
  }

  readMissed(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): Promise<MissedPage> {
    return this.read(({ reader }) => reader.missed(session, after, upTo, limit));
  }

  readMessages(keys: readonly { log: string; id: MessageId }[]): Promise<readonly (StoredMessage | undefined)[]> {
    return this.read(({ environment, reader }) => {
      const clock = Clock.read(environment.state);
      return keys.map(({ log, id }) => reader.message(clock, id, log));
    });
  }

  readLog(log: string, range: LogRange, page: PageBound): Promise<LogPage> {
    return this.read(({ reader }) => reader.log(log, range, page));
  }

  readRetained(filter: string, after: string | null, page: PageBound): Promise<RetainedPage> {
    return this.read(({ retained }) => retained.read(filter, after, page));
  }

  async claimShared(share: Share, gatewayId: string, limit: number, held?: readonly MessageId[]): Promise<readonly StoredMessage[]> {
    const now = Date.now();
    // Most calls find nothing, and a look is cheaper than a step.
    if (held === undefined && !await this.read(({ environment, queue }) => queue.waiting(Clock.read(environment.state), share, now))) return [];
    return this.stepWithClock(({ queue }, clock) => queue.claim(clock, share, gatewayId, limit, now, held));
  }

  settleShared(share: Share, gatewayId: string, settlement: ShareSettlement): Promise<void> {
    return this.ringing(this.stepWithClock(({ queue }, clock) => queue.settle(clock, share, gatewayId, settlement)));
  }

  recordStatus(events: readonly StatusEvent[]): Promise<void> {
    return this.step(({ status }) => status.record(events));
  }

  readStatus(group: string, limit: number): Promise<readonly StatusEvent[]> {
    return this.read(({ status }) => status.read(group, limit));
  }

  /** Nobody else reaches the files of this store, so there are no inboxes. */
  async readInbox(): Promise<readonly InboxEntry[]> {
    return [];
  }

  async refuseInbox(): Promise<void> { /* there is none */ }

  async watchInbox(): Promise<() => Promise<void>> {
    return async () => undefined;
  }

  async tail(listener: TailListener): Promise<Tail> {
    const { environment, reader } = this.mustBeOpen();
    const start = environment.read(() => Clock.read(environment.state));
    const source: TailSource = {
      look: () => environment.read(() => Clock.read(environment.state)),
      page: (position, followed) => environment.recent.page(position, followed) ?? environment.read(() => reader.page(position, followed)),
      notices: (after) => environment.read(() => readNotices(environment.state, after)),
    };
    const tail = new PagedTail(source, listener, start.lastId, start.noticeNumber, () => {
      unfollow();
      this.tails.delete(tail);
    });
    const unfollow = environment.follow(tail.ring);
    this.tails.add(tail);
    return tail;
  }

  async trim(policy: TrimPolicy): Promise<number> {
    let removed = 0;
    for (let steps = 0; steps < STEPS_PER_TRIM; steps++) {
      const count = await this.step(({ trimmer }) => trimmer.trim(policy, Date.now()));
      removed += count;
      if (count < TRIM_STEP) break;
      await new Promise(setImmediate);
    }
    await this.step(({ trimmer }) => trimmer.sweepIndex());
    await this.step(({ trimmer }) => trimmer.sweepDeadLog());
    return removed;
  }

  async deleteLog(log: string): Promise<void> {
    const number = await this.step(({ environment, trimmer, retained }) => {
      environment.recent.clear();
      retained.deleteLog(log);
      return trimmer.deleteLog(log);
    });
    if (number === undefined) return;
    while (await this.step(({ trimmer }) => trimmer.sweepDeadLog())) await new Promise(setImmediate);
  }

  statistics(): Promise<StoreStatistics> {
    return this.read(({ environment, logs }) => {
      const { messages, payloadBytes } = Clock.read(environment.state);
      const held = logs.all().filter(({ counts }) => counts.messages > 0);
      const perLog = Object.fromEntries(held.map(({ name, counts }) => [name, counts.messages]));
      const bytesPerLog = Object.fromEntries(held.map(({ name, counts }) => [name, counts.payloadBytes]));
      return { messages, payloadBytes, perLog, bytesPerLog, usedBytes: environment.fileBytes(), limitBytes: null };
    });
  }

  /** Its file is its own. */
  limitTo(): void {}

  /** Gateways that died and whose sessions were all ended, and leases that ran out. */
  private forgetDeadGateways(): Promise<void> {
    return this.ringing(this.stepWithClock(({ records, sessions, queue }, clock) => {
      records.forgetLeases(Date.now(), LEASES_PER_STEP);
      records.forgetRates(Date.now());
      for (const { gatewayId } of records.deadGateways(Date.now())) {
        if (sessions.ownedBy(gatewayId, 1).length > 0) continue;
        queue.forgetGateway(clock, gatewayId);
        records.removeGateway(gatewayId);
      }
    }));
  }

  private mustBeOpen(): Opened {
    if (this.opened === undefined) throw new StoreUnavailableError('the store is not open');
    return this.opened;
  }

  private async read<T>(work: (opened: Opened) => T): Promise<T> {
    const opened = this.mustBeOpen();
    return opened.environment.read(() => work(opened));
  }

  private async step<T>(work: (opened: Opened) => T): Promise<T> {
    const opened = this.mustBeOpen();
    try {
      return await opened.environment.write(() => work(opened));
    } catch (error) {
      // The caches may know what was undone.
      opened.logs.invalidate();
      opened.filters.invalidate();
      opened.shares.invalidate();
      if (error instanceof StoreUnavailableError && this.opened !== undefined) this.health.down(error.message);
      throw error;
    }
  }

  private stepWithClock<T>(work: (opened: Opened, clock: Clock) => T): Promise<T> {
    return this.step((opened) => {
      const clock = Clock.read(opened.environment.state);
      const result = work(opened, clock);
      clock.save();
      return result;
    });
  }

  /** Rings the tails of this process once the step stands. */
  private async ringing<T>(step: Promise<T>): Promise<T> {
    const result = await step;
    this.opened?.environment.ring();
    return result;
  }
}
