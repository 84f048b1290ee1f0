import type {
  AppendRequest, AppendResult, Availability, ClaimedMessage, DeadSession, Documents, GatewayRecord, InboxEntry, Journals, LogPage, LogRange, MessageId, MissedPage, NamedRecord, NamedRecordPage, OpenedSession, OpenSessionRequest, OwedWill, PageBound,
  PutNamedRecord, Rate, RetainedPage, SessionKey, SessionPage, SessionProgress, Share, ShareSettlement, StatusEvent, Store, StoredMessage, StoredSession, StoreStatistics, SubscribeRequest, SubscribeResult, Tail, TailListener,
  TrimPolicy,
} from '../contract';
import { hasWildcard } from '../../topics/match';
import { Appender } from './appender';
import { Connection, type Argument } from './connection';
import { decodeDocuments, encodeDocuments } from './documents';
import { messageOf, type RawEntry } from './entry';
import { filterBucket } from './filter-bucket';
import { Followers } from './followers';
import { readInbox } from './inbox';
import { RedisJournals } from './journals';
import { readLog } from './read-log';
import { InboxWatch } from './inbox-watch';
import { boundUnderPressure, bytesToFree, serverUsage, SidePart, storageUsage, type Usage } from './memory';
import { encodeAcknowledged, encodeInflight } from './progress';
import { readRetained } from './retained';
import type { Script } from './script';
import { scripts } from './scripts';
import { decodeDeadSessions, decodeOwedWills, decodeSession, decodeStoredSession, decodeSessionKeys, pageSessions } from './session';
import { MissedReader } from './missed';
import { NamedRecords } from './named-records';
import { checkSettings } from './settings';
import { claimShared, isShare, settleShared, takenArguments } from './share';
import { readStatus, recordStatus } from './status';
import { RedisTail, type TailLogger } from './tail';
import { encodeWill } from './will';

export interface RedisStoreOptions {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Key space: all keys begin with `{<storageId>}:`. */
  readonly storageId: string;
  readonly commandTimeoutMs: number;
  /** Accept a server whose append-only file is off. Default: false. */
  readonly allowVolatile?: boolean;
  readonly logger?: TailLogger;
}

/** Messages removed by one step of `trim`, and the index keys it cleans: some milliseconds in which Redis serves nobody else. */
const TRIM_STEP = 500;
const TRIM_INDEXES = 200;
const TRIM_SIDE_STEP = 500;
const TRIM_STEPS_A_CALL = 20;
const EXPIRE_STEP = 100;
const RETAINED_STEP = 1000;
const SAVE_STEP = 200;

/** As `subscribe.lua` answers them. */
const SUBSCRIBE_REFUSALS: ReadonlyMap<number, SubscribeResult & string> = new Map([[-1, 'wildcards-exceeded'], [-2, 'subscriptions-ceiling']]);

/** The store contract on Redis 7. Keys and steps: DESIGN.md. */
export class RedisStore implements Store {
  readonly engine = 'redis';
  readonly ownProcess = true;
  private readonly connection: Connection;
  private readonly appender: Appender;
  private limitBytes: number | null = null;
  private readonly side = new SidePart(() => this.limitBytes);
  private readonly prefix: string;
  private readonly followers: Followers;
  private readonly missed: MissedReader;
  private readonly named: NamedRecords;
  readonly journals: Journals;
  private readonly watches = new Set<InboxWatch>();

  constructor(private readonly options: RedisStoreOptions) {
    this.prefix = `{${options.storageId}}:`;
    this.connection = this.connect('gateway', true);
    this.followers = new Followers(this.connection, this.prefix);
    this.missed = new MissedReader(this.connection, this.prefix, (keys) => this.readMessages(keys));
    this.named = new NamedRecords(this.connection, this.prefix, this.side);
    this.journals = new RedisJournals(this.connection, this.prefix, this.side);
    this.appender = new Appender(this.connection, this.prefix, () => this.side.leftForMessages(), this.followers);
  }

  private connect(role: string, check: boolean): Connection {
    const { url, username, password, storageId, commandTimeoutMs, allowVolatile = false } = this.options;
    return new Connection({
      url, username, password, commandTimeoutMs, name: `mqttgw-${role}-${storageId}`.replace(/[^\w.-]/g, '_'),
      ...(check ? { prepare: async (call) => checkSettings(String(await call('INFO')), { allowVolatile }) } : {}),
    });
  }

  open(): Promise<void> {
    return this.connection.open();
  }

  async close(): Promise<void> {
    await Promise.all([this.followers.closeAll(), ...[...this.watches].map((watch) => watch.close())]);
    this.connection.close();
  }

  get availability(): Availability {
    return this.connection.availability;
  }

  onAvailability(listener: (availability: Availability) => void): () => void {
    return this.connection.onAvailability(listener);
  }

  async readDocuments(): Promise<Documents> {
    return decodeDocuments((await this.connection.call('HGETALL', this.key('docs'))) as Buffer[]);
  }

  async writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): Promise<boolean> {
    return (await this.run(scripts.writeDocuments, expectedRevision, ...encodeDocuments(next))) !== 0;
  }

  async keepValue(name: string, value: string): Promise<string> {
    const [, kept] = await this.connection.pipeline([['HSETNX', this.key('kept'), name, value], ['HGET', this.key('kept'), name]]);
    return String(kept);
  }

  putRecord(record: PutNamedRecord): Promise<number | null> {
    return this.named.put(record);
  }

  deleteRecord(kind: string, id: string, expectedVersion: number | null): Promise<boolean> {
    return this.named.delete(kind, id, expectedVersion);
  }

  readRecords(kind: string, ids: readonly string[]): Promise<readonly (NamedRecord | undefined)[]> {
    return this.named.read(kind, ids);
  }

  pageRecords(kind: string, after: string | null, limit: number): Promise<NamedRecordPage> {
    return this.named.page(kind, after, limit);
  }

  recordsRevision(kind: string): Promise<number> {
    return this.named.revision(kind);
  }

  expireRecords(): Promise<number> {
    return this.named.expire();
  }

  async heartbeat(record: GatewayRecord, leaseSeconds: number): Promise<boolean> {
    return (await this.run(scripts.heartbeat, record.gatewayId, JSON.stringify(record), Math.ceil(leaseSeconds * 1000))) === 1;
  }

  async gateways(): Promise<readonly GatewayRecord[]> {
    const ids = (await this.connection.call('ZRANGE', this.key('gws'), 0, -1)) as Buffer[];
    if (ids.length === 0) return [];
    const records = (await this.connection.call('MGET', ...ids.map((id) => this.key(`gw:${id.toString()}`)))) as (Buffer | null)[];
    return records.flatMap((record) => (record === null ? [] : [JSON.parse(record.toString()) as GatewayRecord]));
  }

  async removeGateway(gatewayId: string): Promise<void> {
    await this.run(scripts.removeGateway, gatewayId);
  }

  async lease(name: string, holder: string, seconds: number): Promise<boolean> {
    return (await this.run(scripts.lease, name, holder, Math.ceil(seconds * 1000))) === 1;
  }

  async takeRate(name: string, { perSecond, burst }: Rate): Promise<number> {
    return (await this.run(scripts.takeRate, name, perSecond, burst)) as number;
  }

  append(gatewayId: string, batch: number, requests: readonly AppendRequest[], behind?: boolean): Promise<readonly AppendResult[]> {
    return this.appender.append(gatewayId, batch, requests, behind);
  }

  async releaseQos2(session: SessionKey, packetId: number): Promise<void> {
    await this.run(scripts.releaseQos2, session.clientId, session.epoch, packetId);
  }

  async lastId(): Promise<MessageId> {
    return Number((await this.connection.call('GET', this.key('last'))) ?? 0);
  }

  async openSession(request: OpenSessionRequest): Promise<OpenedSession> {
    return decodeSession(request.clientId, (await this.run(scripts.openSession, request.clientId, request.cleanSession ? 1 : 0, request.gatewayId, encodeWill(request.will), request.connectionLimit ?? '')) as unknown[]);
  }

  async readSession(clientId: string): Promise<StoredSession | null> {
    return decodeStoredSession(clientId, (await this.connection.call('HGETALL', this.key(`s:${clientId}`))) as unknown[]);
  }

  pageSessions(after: string | null, limit: number): Promise<SessionPage> {
    return pageSessions(this.connection, this.prefix, after, limit);
  }

  async subscribe(session: SessionKey, subscriptions: readonly SubscribeRequest[], limit?: number): Promise<readonly SubscribeResult[]> {
    const args = subscriptions.flatMap(({ filter, log, qos, wildcardLimit }) =>
      [filter, log, qos, isShare(filter) || hasWildcard(filter) ? 1 : 0, filterBucket(filter), wildcardLimit ?? '']);
    const reply = (await this.run(scripts.subscribe, session.clientId, session.epoch, limit ?? '', ...args)) as Buffer[];
    return subscriptions.map(({ filter, log, qos }, i) => {
      const since = Number(reply[i]);
      return SUBSCRIBE_REFUSALS.get(since) ?? { filter, log, qos, since };
    });
  }

  async unsubscribe(session: SessionKey, filters: readonly string[]): Promise<void> {
    await this.run(scripts.unsubscribe, session.clientId, session.epoch, ...filters);
  }

  async saveProgress(entries: readonly { session: SessionKey; progress: SessionProgress; taken?: readonly ClaimedMessage[] }[]): Promise<readonly SessionKey[]> {
    const stale: SessionKey[] = [];
    for (let at = 0; at < entries.length; at += SAVE_STEP) {
      const args = entries.slice(at, at + SAVE_STEP).flatMap(({ session, progress, taken }) => [session.clientId, session.epoch, ...progressArguments(progress), ...takenArguments(taken)]);
      stale.push(...decodeSessionKeys((await this.run(scripts.saveProgress, ...args)) as Buffer[]));
    }
    return stale;
  }

  async closeSession(session: SessionKey, progress: SessionProgress | null, taken?: readonly ClaimedMessage[], owesWill = false): Promise<void> {
    await this.run(scripts.closeSession, session.clientId, session.epoch, owesWill ? 1 : 0, ...(progress === null ? [] : [...progressArguments(progress), ...takenArguments(taken)]));
  }

  async deleteSession(clientId: string): Promise<void> {
    await this.run(scripts.deleteSession, clientId);
  }

  async deadSessions(limit: number): Promise<readonly DeadSession[]> {
    return decodeDeadSessions((await this.run(scripts.deadSessions, limit)) as Buffer[]);
  }

  async endDeadSession(session: SessionKey): Promise<boolean> {
    return (await this.run(scripts.endDeadSession, session.clientId, session.epoch)) === 1;
  }

  async owedWills(limit: number): Promise<readonly OwedWill[]> {
    return decodeOwedWills((await this.run(scripts.owedWills, limit)) as Buffer[]);
  }

  async forgetWill({ epoch }: SessionKey): Promise<void> {
    await this.connection.call('HDEL', this.key('ow'), epoch);
  }

  async expireSessions(retentionSeconds: number): Promise<number> {
    for (let total = 0; ; ) {
      const expired = (await this.run(scripts.expireSessions, Math.round(retentionSeconds * 1e6), EXPIRE_STEP)) as number;
      total += expired;
      if (expired < EXPIRE_STEP) return total;
    }
  }

  readMissed(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): Promise<MissedPage> {
    return this.missed.read(session, after, upTo, limit);
  }

  async readMessages(keys: readonly { log: string; id: MessageId }[]): Promise<readonly (StoredMessage | undefined)[]> {
    if (keys.length === 0) return [];
    const replies = await this.connection.pipeline(keys.map(({ log, id }) => ['XRANGE', this.key(`log:${log}`), `${id}-0`, `${id}-0`] as const));
    return (replies as RawEntry[][]).map((entries, i) => (entries.length === 0 ? undefined : messageOf(keys[i]!.log, entries[0]!)));
  }

  readLog(log: string, range: LogRange, page: PageBound): Promise<LogPage> {
    return readLog(this.connection, this.key(`log:${log}`), log, range, page);
  }

  readRetained(filter: string, after: string | null, page: PageBound): Promise<RetainedPage> {
    return readRetained(this.connection, this.prefix, filter, after, page);
  }

  claimShared(share: Share, gatewayId: string, limit: number, held?: readonly MessageId[]): Promise<readonly StoredMessage[]> {
    return claimShared(this.connection, this.prefix, share, gatewayId, limit, held);
  }

  settleShared(share: Share, gatewayId: string, settlement: ShareSettlement): Promise<void> {
    return settleShared(this.connection, this.prefix, share, gatewayId, settlement);
  }

  recordStatus(events: readonly StatusEvent[]): Promise<void> {
    return recordStatus(this.connection, this.prefix, events);
  }

  readStatus(group: string, limit: number): Promise<readonly StatusEvent[]> {
    return readStatus(this.connection, this.prefix, group, limit);
  }

  readInbox(logs: readonly string[], limit: number): Promise<readonly InboxEntry[]> {
    return readInbox(this.connection, this.prefix, logs, limit);
  }

  async refuseInbox({ log, entryId, reason }: InboxEntry): Promise<void> {
    await this.run(scripts.refuseInbox, log, entryId, reason);
  }

  async watchInbox(logs: readonly string[], onEntries: () => void): Promise<() => Promise<void>> {
    const connection = this.connect('inbox', false);
    await connection.open();
    const watch = new InboxWatch(connection, this.prefix, logs, onEntries);
    this.watches.add(watch);
    watch.start();
    return async () => {
      this.watches.delete(watch);
      await watch.close();
    };
  }

  async tail(listener: TailListener): Promise<Tail> {
    const connection = this.connect('tail', false);
    const wake = () => {
      // A lost call costs a second: the reader wakes up by itself.
      void this.connection.call('XADD', this.key('bell'), 'MAXLEN', '~', 1000, '*', 'kind', 'wake').catch(() => undefined);
    };
    await connection.open();
    const tail = new RedisTail(connection, this.prefix, listener, wake, this.options.logger, this.followers);
    try {
      await tail.start();
    } catch (error) {
      await tail.close();
      throw error;
    }
    return tail;
  }

  async trim(policy: TrimPolicy): Promise<number> {
    const retention = Math.round(policy.retentionSeconds * 1e6);
    const usage = await this.usage();
    let toFree = bytesToFree(usage);
    if (toFree > 0) toFree -= await this.trimSide(boundUnderPressure(usage.limitBytes!));
    let total = 0;
    for (let step = 0; step < TRIM_STEPS_A_CALL; step++) {
      const reply = await this.run(scripts.trim, retention, policy.storedMessages, TRIM_STEP, TRIM_INDEXES, toFree);
      const [removed, freed, swept] = reply as [number, number, number];
      toFree -= freed;
      total += removed;
      if (removed < TRIM_STEP && swept < TRIM_INDEXES) break;
    }
    return total;
  }

  /** Traces and series go before messages do. Answers the bytes that went. */
  private async trimSide(bound: number): Promise<number> {
    let total = 0;
    for (let step = 0; step < TRIM_STEPS_A_CALL; step++) {
      const freed = (await this.run(scripts.trimSide, bound, TRIM_SIDE_STEP)) as number;
      total += freed;
      if (freed === 0) break;
    }
    return total;
  }

  async deleteLog(log: string): Promise<void> {
    let after = '';
    do after = String(await this.run(scripts.deleteLog, log, after, RETAINED_STEP));
    while (after !== '');
  }

  async statistics(): Promise<StoreStatistics> {
    const counts = await this.counts();
    return { ...counts, ...(await this.usage(counts)) };
  }

  limitTo(bytes: number | null): void {
    this.limitBytes = bytes;
  }

  private async counts(): Promise<Omit<StoreStatistics, keyof Usage>> {
    const flat = (await this.connection.call('HGETALL', this.key('bytes'))) as Buffer[];
    const logs = flat.filter((_, i) => i % 2 === 0).map(String);
    const payloadBytes = flat.reduce((sum, value, i) => (i % 2 === 1 ? sum + Number(value) : sum), 0);
    const lengths = (await this.connection.pipeline(logs.map((log) => ['XLEN', this.key(`log:${log}`)] as const))) as number[];
    const perLog = Object.fromEntries(logs.map((log, i) => [log, lengths[i]!] as const).filter(([, length]) => length > 0));
    const bytesPerLog = Object.fromEntries(logs.map((log, i) => [log, Number(flat[2 * i + 1])] as const).filter(([log]) => Object.hasOwn(perLog, log)));
    return { messages: lengths.reduce((sum, n) => sum + n, 0), payloadBytes, perLog, bytesPerLog };
  }

  private async usage(counts?: Omit<StoreStatistics, keyof Usage>): Promise<Usage> {
    const { limitBytes } = this;
    if (limitBytes === null) return serverUsage(this.connection);
    const { messages, payloadBytes } = counts ?? (await this.counts());
    return storageUsage(messages, payloadBytes, await this.side.read(this.connection, this.prefix), limitBytes);
  }

  private key(name: string): string {
    return this.prefix + name;
  }

  private run(script: Script, ...args: Argument[]): Promise<unknown> {
    return this.connection.script(script, this.prefix, ...args);
  }
}

function progressArguments(progress: SessionProgress): Argument[] {
  return [progress.cursor, encodeAcknowledged(progress.acknowledged), encodeInflight(progress.inflight)];
}
