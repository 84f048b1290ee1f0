/** A session as the store knows it: what is asked for, what is kept, what is answered. */
import type { MessageId, QoS } from './contract';

export interface SessionKey {
  readonly clientId: string;
  readonly epoch: number;
}

/** A subscription as stored. `since`: messages up to this id are not for it. */
export interface StoredSubscription {
  readonly filter: string;
  readonly log: string;
  readonly qos: QoS;
  readonly since: MessageId;
}

/** A subscription that is asked for. */
export interface SubscribeRequest {
  readonly filter: string;
  readonly log: string;
  readonly qos: QoS;
  /**
   * Bound of the different wildcard filters that all sessions together hold in the log (L4), with or without a connection.
   * A filter that somebody holds already adds none; one with a share's name in front is one of its own, because it has a
   * queue of its own. Absent: none.
   */
  readonly wildcardLimit?: number;
}

/** What became of it: stored, or the reason why nothing was changed for this filter. */
export type SubscribeResult = StoredSubscription | 'wildcards-exceeded' | 'subscriptions-ceiling';

export interface InflightRecord {
  readonly packetId: number;
  readonly id: MessageId;
  readonly log: string;
  readonly qos: QoS;
  /** QoS 2: PUBREC has arrived, PUBREL is owed. */
  readonly released: boolean;
  /** Came through a share or as a retained message: the copy that the cursor counts, if there is one, is another. */
  readonly apart?: true;
}

/**
 * Where a session stands. Messages at or below the cursor are done, but for `inflight`; above it, `acknowledged` are done, and
 * what is in flight apart is still due.
 */
export interface SessionProgress {
  readonly cursor: MessageId;
  readonly acknowledged: readonly MessageId[];
  readonly inflight: readonly InflightRecord[];
}

/** A will as it is kept with its session (MQTT 3.1.1, 3.1.2.5). */
export interface WillRecord {
  readonly log: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly p2pClientId: string | null;
  /** What its right to be fired stands on, as whoever keeps it writes it. */
  readonly standing?: string;
}

export interface OpenSessionRequest {
  readonly clientId: string;
  readonly cleanSession: boolean;
  /** The gateway incarnation that takes the session; the previous owner, if another, is told by a `takeover` notice. */
  readonly gatewayId: string;
  /** Kept until it is fired (`AppendRequest.willOf`) or `closeSession` ends the connection; owed when anything else ends it. Null: none. */
  readonly will?: WillRecord | null;
  /**
   * Bound of the sessions that gateways hold, dead gateways included (E5). One that is held already, by whomever, adds none.
   * Absent: none.
   */
  readonly connectionLimit?: number;
}

export interface OpenedSession {
  readonly epoch: number;
  /** A persistent session existed and was kept. */
  readonly present: boolean;
  /** Gateway that held it a moment ago; null: nobody. */
  readonly previousOwner: string | null;
  readonly subscriptions: readonly StoredSubscription[];
  readonly progress: SessionProgress;
  /** Will of a connection that was taken over from another gateway: owed from now on, and the caller fires it. Null: there was none. */
  readonly previousWill?: OwedWill | null;
}

/** A session as it stands in the store, for whoever only looks. */
export interface StoredSession {
  readonly session: SessionKey;
  readonly cleanSession: boolean;
  /** Gateway that holds it, or held it when it died; null: no connection. */
  readonly owner: string | null;
  readonly subscriptions: readonly StoredSubscription[];
  /** As it was saved last. */
  readonly progress: SessionProgress;
}

/** A session whose owner's lease ran out. */
export interface DeadSession {
  readonly session: SessionKey;
  readonly cleanSession: boolean;
}

/** A will whose connection is gone without it: kept until it is fired (`AppendRequest.willOf`) or forgotten, whoever dies meanwhile. */
export interface OwedWill {
  /** The connection that left it. */
  readonly session: SessionKey;
  readonly will: WillRecord;
}

/** A page of all sessions. */
export interface SessionPage {
  readonly sessions: readonly StoredSession[];
  /** Where the next page begins, as the engine writes it; null: that was the last one. */
  readonly next: string | null;
}
