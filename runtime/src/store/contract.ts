/**
 * What a gateway needs of the storage side. Engines live in one folder each (`redis/`, `embedded/`) and pass one suite
 * (`contract-suite.ts`). No type of an engine's client appears here.
 *
 * The ideas, once:
 * - A message is stored once, in the log of its parent topic, under a **message id** that grows over the whole storage.
 * - A **session** is a cursor and a few exceptions, never a copy: everything up to the cursor that was meant for it is
 *   acknowledged.
 * - The **index** lists, per filter that some persistent session holds with QoS > 0 (and per P2P target), the ids of the
 *   messages that matched. It is written in the same atomic step as the message. A returning session reads its own
 *   index, so the cost is what it missed, not what the log holds.
 * - Every step that changes a session names the **epoch** under which its owner opened it; an older epoch is refused.
 */
import type {
  DeadSession, OpenedSession, OpenSessionRequest, OwedWill, SessionKey, SessionPage, SessionProgress, StoredSession, SubscribeRequest, SubscribeResult,
} from './session-types';
import type { Journals } from './journal-types';
import type { Documents, GatewayRecord, NamedRecord, NamedRecordPage, PutNamedRecord } from './records';

export type { DeclaredSince, Documents, FirstDeclared, GatewayRecord, HandOverNotes, MadeGroup, MadeThings, MadeTopic, NamedRecord, NamedRecordPage, PutNamedRecord } from './records';
export type { JournalBounds, JournalContent, JournalEntry, JournalNote, Journals } from './journal-types';
export type {
  DeadSession, InflightRecord, OpenedSession, OpenSessionRequest, OwedWill, SessionKey, SessionPage, SessionProgress, StoredSession, StoredSubscription, SubscribeRequest, SubscribeResult, WillRecord,
} from './session-types';

/** Microseconds since 1970 by the store's clock, made strictly increasing over the storage: a safe integer. */
export type MessageId = number;

export type QoS = 0 | 1 | 2;

/** Properties that the storage side shares with backend services (S1). */
export interface MessageProperties {
  /** Full MQTT topic, parent topic included. */
  readonly topic: string;
  readonly qos: QoS;
  /** The sender asked for a clean session. */
  readonly cleanSession: boolean;
  /** Client ID of the sender; empty for a message from the storage side or the API. */
  readonly clientId: string;
}

export interface StoredMessage extends MessageProperties {
  readonly id: MessageId;
  /** Log that holds it: the parent topic, or `OPEN_LOG` under open admission. */
  readonly log: string;
  readonly payload: Buffer;
  /** A backend service wrote it into an inbox (S1); absent: a client or the API sent it. */
  readonly fromInbox?: true;
}

export interface AppendRequest extends MessageProperties {
  readonly log: string;
  readonly payload: Buffer;
  /** Epoch of the sending session; null for senders without one (API, wills of dead gateways). */
  readonly epoch: number | null;
  /** QoS 2: until `releaseQos2` the same (client, packet id) is stored once and answers the same id. */
  readonly qos2PacketId: number | null;
  /** QoS 2 sent anew (DUP 0) under a packet id whose earlier message never saw PUBREL: that one is forgotten first. Default false. */
  readonly qos2Fresh?: boolean;
  /** P2P target (T4): indexed for that client only and matched by no filter; null for all other messages. */
  readonly p2pClientId: string | null;
  readonly retain: boolean;
  /**
   * Fires the will of this connection: stored only if the session still has it under this epoch, or it is owed; it is forgotten in
   * the same step. Otherwise the result is `fenced`. So a will is fired once, whoever tries.
   */
  readonly willOf?: SessionKey | null;
  /** Moves an entry of an inbox: it is removed in the same step; if it is gone already, the result is `rejected`. */
  readonly inboxEntry?: string | null;
}

/** One per request, in order. A refused message leaves its neighbours untouched. */
export type AppendResult =
  | { readonly ok: true; readonly id: MessageId; /** QoS 2: it was stored by an earlier attempt. */ readonly duplicate: boolean }
  | { readonly ok: false; readonly reason: 'fenced' | 'full' | 'rejected'; readonly message: string };

/** A shared subscription, `$share/<name>/<filter>`: its members get each message once between them. */
export interface Share {
  readonly log: string;
  readonly name: string;
  readonly filter: string;
}

/** What became of messages that `claimShared` handed out. */
export interface ShareSettlement {
  readonly done: readonly MessageId[];
  /** Given back: the next claim, of any gateway, gets them first. */
  readonly released: readonly MessageId[];
}

/** A message of a share that a session makes its own. */
export interface ClaimedMessage {
  readonly share: Share;
  /** Whose claim it is. */
  readonly gatewayId: string;
  readonly id: MessageId;
}

/** S3: what a backend may follow of a group's clients. */
export interface StatusEvent {
  readonly group: string;
  readonly clientId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly eventType: 'connect' | 'disconnect' | 'tcpclean';
  /** One connection from connect to disconnect. */
  readonly channelId: string;
  readonly clientIp: string;
}

/** What a backend service wrote into an inbox (S1). */
export interface InboxEntry {
  readonly log: string;
  readonly entryId: string;
  /** Null: it does not have the form of a message, for `reason`. */
  readonly message: (MessageProperties & { readonly payload: Buffer }) | null;
  readonly reason: string;
}

/** Where a page of messages ends: at so many, or with the one that passes so many bytes. */
export interface PageBound {
  /** At least 1. */
  readonly messages: number;
  readonly bytes: number;
}

/** Where in a log to read: between two ids, both excluded. */
export interface LogRange {
  readonly after: MessageId;
  /** Null: to the end of the log. */
  readonly before: MessageId | null;
  readonly newestFirst: boolean;
}

/** A page of a log. */
export interface LogPage {
  readonly messages: readonly StoredMessage[];
  /** Where the next page begins: its `after`, or its `before` where the newest come first. Null: that was the last one. */
  readonly next: MessageId | null;
}

/** A page of retained messages. */
export interface RetainedPage {
  readonly messages: readonly StoredMessage[];
  /** Where the next page begins, as the engine writes it; null: that was the last one. */
  readonly next: string | null;
}

/** A page of what a session missed, ascending by id, equal ids of overlapping filters merged to the highest QoS. */
export interface MissedPage {
  readonly messages: readonly { readonly message: StoredMessage; /** min(published, granted). */ readonly qos: QoS }[];
  /** Continue after this id. */
  readonly next: MessageId;
  /** Nothing more at or below the `upTo` that was asked for. */
  readonly complete: boolean;
  /** Messages that this page would have held and that retention has removed: a gap. */
  readonly skipped?: number;
}

/** Small notices between the gateways of one storage. Lost ones do no harm: fencing and polling catch up. */
export type Notice =
  | { readonly kind: 'documents'; readonly revision: number }
  /** Somebody gave a message of this share back. */
  | { readonly kind: 'share'; readonly share: Share }
  /** A record was put or deleted; `revision` is the kind's after it, so a gap tells of a notice that was lost. */
  | { readonly kind: 'records'; readonly recordKind: string; readonly id: string; readonly revision: number }
  | { readonly kind: 'takeover'; readonly clientId: string; readonly epoch: number; readonly gatewayId: string };

export interface TailListener {
  /**
   * Messages in id order over all logs. After the call every message at or below `position` has been given, and none
   * above it. May be called with no message to move the position. The tail reads on after the returned promise.
   */
  onMessages(messages: readonly StoredMessage[], position: MessageId): void | Promise<void>;
  onNotice(notice: Notice): void;
}

export interface Tail {
  /** Everything at or below it has been given to the listener. */
  readonly position: MessageId;
  /** Logs to follow, replacing the earlier set; a log that is added is followed from `position`. */
  setLogs(logs: readonly string[]): void;
  close(): Promise<void>;
}

export interface TrimPolicy {
  readonly retentionSeconds: number;
  readonly storedMessages: number;
}

/** How often something may happen. */
export interface Rate {
  readonly perSecond: number;
  /** So many at once, when nothing happened for a while. */
  readonly burst: number;
}

/** Trimming begins above this part of a bound, so that publishers meet a full store only when it cannot keep up. */
export const HIGH_WATER = 0.9;

export interface StoreStatistics {
  readonly messages: number;
  readonly payloadBytes: number;
  readonly perLog: { readonly [log: string]: number };
  /** Payload bytes of the same logs. */
  readonly bytesPerLog: { readonly [log: string]: number };
  /** Memory, or disk, that the store uses. */
  readonly usedBytes?: number;
  /** Bound of the same; null: none. */
  readonly limitBytes?: number | null;
}

export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string };

/**
 * Every method rejects with `StoreUnavailableError` while the store is away, and with `FencedError` when the epoch it
 * names is no longer the session's. Neither leaves a half-done change.
 */
export interface Store {
  readonly engine: 'redis' | 'embedded' | 'none';
  /** Its work is done by another process, beside this one's. */
  readonly ownProcess: boolean;

  /** Opens, checks the server's settings, and keeps reconnecting afterwards. Rejects `StoreConfigurationError` for settings that cannot keep the promise. */
  open(): Promise<void>;
  close(): Promise<void>;
  readonly availability: Availability;
  /** Called on every change; returns the unsubscribe function. */
  onAvailability(listener: (availability: Availability) => void): () => void;

  readDocuments(): Promise<Documents>;
  /** Writes if `expectedRevision` still stands (else resolves false), and sends a `documents` notice. */
  writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): Promise<boolean>;

  /** A named value of the storage, such as the development certificate: the first writer wins and everybody gets its value. */
  keepValue(name: string, value: string): Promise<string>;

  /**
   * Small named records, such as a revoked token or a device's credential: kinds of one word, ids of any text. Answers the
   * version that the record has now, or null when another one than `expectedVersion` stands and nothing was written. Each
   * change sends a `records` notice.
   */
  putRecord(record: PutNamedRecord): Promise<number | null>;
  /** False: it is not there, or has another version. */
  deleteRecord(kind: string, id: string, expectedVersion: number | null): Promise<boolean>;
  /** In the order of the ids given; undefined where there is none, or it has expired. */
  readRecords(kind: string, ids: readonly string[]): Promise<readonly (NamedRecord | undefined)[]>;
  /** A kind page by page, in an order of the engine's. `after`: `next` of the page before, null for the first. A page may end before its limit. */
  pageRecords(kind: string, after: string | null, limit: number): Promise<NamedRecordPage>;
  /** Grows by one with every change of the kind, but not by expiry: whoever follows a kind sees whether it missed something. */
  recordsRevision(kind: string): Promise<number>;
  /** Removes what has expired, bounded work a call; returns how many. */
  expireRecords(): Promise<number>;

  /**
   * Renews the gateway's lease. False: it had none a moment ago, so its sessions may have been ended (`endDeadSession`); so
   * answers the first one too.
   */
  heartbeat(record: GatewayRecord, leaseSeconds: number): Promise<boolean>;
  gateways(): Promise<readonly GatewayRecord[]>;
  removeGateway(gatewayId: string): Promise<void>;
  /** Takes or renews a named lease for chores that need one runner; false: somebody else holds it. */
  lease(name: string, holder: string, seconds: number): Promise<boolean>;
  /** Takes one of what may happen under this name, over all gateways. Milliseconds until one may be taken; 0: it was. Costs one small value a name, for as long as the burst lasts. */
  takeRate(name: string, rate: Rate): Promise<number>;

  /**
   * One atomic, durable step for the whole batch; resolves when the storage's durability is met. `batch` numbers grow by
   * one per gateway incarnation; a number sent again answers what it answered before, without storing anything twice. Where
   * the store is a process of its own, a second batch may be sent while one is unanswered, with `behind`: it is stored only
   * if the batch before was, else rejected with `OutOfTurnError`.
   */
  append(gatewayId: string, batch: number, requests: readonly AppendRequest[], behind?: boolean): Promise<readonly AppendResult[]>;
  /** PUBREL: forgets the packet id. Idempotent. */
  releaseQos2(session: SessionKey, packetId: number): Promise<void>;
  /** Highest id that was given out. */
  lastId(): Promise<MessageId>;

  /** Rejects `ConnectionsCeilingError` beyond the request's `connectionLimit`, judged in the same step: it holds over all gateways. */
  openSession(request: OpenSessionRequest): Promise<OpenedSession>;
  /** Looks and changes nothing; null: there is none. */
  readSession(clientId: string): Promise<StoredSession | null>;
  /**
   * All sessions, about so many a page, with or without a connection, in an order of the engine's. One that connects or leaves
   * meanwhile may be given twice or not at all, and so may those of a gateway that never said that it is there.
   */
  pageSessions(after: string | null, limit: number): Promise<SessionPage>;
  /**
   * Adds or replaces; answers each in order, with `since` set, or why it was refused. A filter `$share/<name>/<filter>` makes
   * the session a member of that share. A filter held before keeps its `since`. Persistent sessions with QoS > 0 enter the
   * index. Limits are judged and taken up in the same step, so they hold over all gateways. `limit`: bound of the subscriptions
   * that all sessions together hold, with or without a connection (E5); one that is replaced adds none.
   */
  subscribe(session: SessionKey, subscriptions: readonly SubscribeRequest[], limit?: number): Promise<readonly SubscribeResult[]>;
  unsubscribe(session: SessionKey, filters: readonly string[]): Promise<void>;
  /**
   * Saves many sessions at once; an entry whose epoch is stale is skipped and its session returned: of one client
   * another epoch may be saved in the same call. `taken`: claims that
   * end in the same step, because `progress` has their messages in flight; an entry with a claim that ended otherwise
   * counts as stale, unless the session has the message already.
   */
  saveProgress(entries: readonly { session: SessionKey; progress: SessionProgress; taken?: readonly ClaimedMessage[] }[]): Promise<readonly SessionKey[]>;
  /** Ends a connection: a clean session is deleted with its subscriptions; a persistent one keeps its progress and loses its owner. Never rejects `FencedError`: a session that was taken over is left alone. Where a claim of `taken` has ended, the progress stays as it was. `owesWill`: its will could not be fired yet, and is owed; else it is forgotten. */
  closeSession(session: SessionKey, progress: SessionProgress | null, taken?: readonly ClaimedMessage[], owesWill?: boolean): Promise<void>;
  /** Deletes a session whoever owns it, with its subscriptions, index counts and will. */
  deleteSession(clientId: string): Promise<void>;
  /** Sessions whose owner's lease ran out, at most `limit`. */
  deadSessions(limit: number): Promise<readonly DeadSession[]>;
  /**
   * Ends a dead session as `closeSession` would, keeping its progress, and raises its epoch so that an owner that was only
   * asleep is fenced. Its will is owed from then on. False: it is alive again, or gone.
   */
  endDeadSession(session: SessionKey): Promise<boolean>;
  /** Wills that nobody has fired yet, at most `limit`, in no order. */
  owedWills(limit: number): Promise<readonly OwedWill[]>;
  /** An owed will that must not be fired any more. */
  forgetWill(session: SessionKey): Promise<void>;
  /** Sessions whose last connection ended before the retention are deleted; returns how many. */
  expireSessions(retentionSeconds: number): Promise<number>;

  /** What the session missed after `after`, at or below `upTo`, at most `limit` messages; entries whose message was trimmed are skipped. */
  readMissed(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): Promise<MissedPage>;
  /** Messages by id; undefined where trimmed. */
  readMessages(keys: readonly { log: string; id: MessageId }[]): Promise<readonly (StoredMessage | undefined)[]>;

  /** What a log holds between two ids, page by page. A page may end before its bound, even empty, so that a call does bounded work. */
  readLog(log: string, range: LogRange, page: PageBound): Promise<LogPage>;

  /**
   * Retained messages whose topic matches, the newest per topic, page by page in an order of the engine's. `after`: `next` of
   * the page before, null for the first. A page may end before its bound, even empty, so that a call does bounded work. What
   * is retained throughout is given once; what changes meanwhile may be given as it was, as it is, or both.
   */
  readRetained(filter: string, after: string | null, page: PageBound): Promise<RetainedPage>;

  /**
   * Hands out messages of a share that nobody else has, oldest first and given-back ones before all: those that a gateway
   * whose lease ran out had claimed count as given back. A share exists while `subscribe` holds it for some session; it
   * takes messages of every QoS, and starts with what is published after its first member came. `held`, after an answer was
   * lost: all that the gateway knows to have claimed; whatever else it had claimed is given back first.
   */
  claimShared(share: Share, gatewayId: string, limit: number, held?: readonly MessageId[]): Promise<readonly StoredMessage[]>;
  settleShared(share: Share, gatewayId: string, settlement: ShareSettlement): Promise<void>;

  /** What happened to devices and messages, for traces. */
  readonly journals: Journals;

  /** Appends to the bounded event streams of the groups (S3). */
  recordStatus(events: readonly StatusEvent[]): Promise<void>;
  /** The newest events of a group, oldest first. */
  readStatus(group: string, limit: number): Promise<readonly StatusEvent[]>;

  /** What waits in the inboxes of these logs (S1), oldest first. An engine that nobody else can reach has none. */
  readInbox(logs: readonly string[], limit: number): Promise<readonly InboxEntry[]>;
  /** Moves an entry that cannot be a message to the bounded list of refused entries, with the reason. */
  refuseInbox(entry: InboxEntry): Promise<void>;
  /** Calls back whenever an inbox of these logs may have entries; returns the function that ends it. */
  watchInbox(logs: readonly string[], onEntries: () => void): Promise<() => Promise<void>>;

  /** Follows the logs from the highest id given out at the time of the call; survives reconnects without gap. */
  tail(listener: TailListener): Promise<Tail>;

  /** Removes what is older than the retention, then the oldest beyond the cap; bounded work per call. Returns how many messages went. */
  trim(policy: TrimPolicy): Promise<number>;
  /** Deletes a log with everything that belongs to it (removal policy destroy). */
  deleteLog(log: string): Promise<void>;
  statistics(): Promise<StoreStatistics>;
  /** From now on messages, journals and named records may take so much together (E6): of messages payloads, and 200 bytes each; null, as at first: all there is. Ignored where nobody shares. */
  limitTo(bytes: number | null): void;
}

/** The log of every message under open admission: one implicit parent topic. */
export const OPEN_LOG = '$open';
