import type { GroupDeclaration, InstanceManifest, StorageManifest, TopicDeclaration } from '../../../lib/manifest/manifest';

/** What the hand-over writes and gateways run by. `secrets` is sealed by the caller: the store never sees it in clear. */
export interface Documents {
  /** Grows by one with every write; 0: nothing was handed over yet. */
  readonly revision: number;
  readonly storage: StorageManifest | null;
  readonly instance: InstanceManifest | null;
  readonly sealedSecrets: string | null;
  /** The instance that this storage is bound to (B1, B2); written once. */
  readonly boundTo: string | null;
  /** Hash of the documents last accepted. */
  readonly acceptedHash: string | null;
  /** What hand-overs note for each other; null: nothing yet. */
  readonly handOver: HandOverNotes | null;
  /** What was made through the control API, or on the storage side, and no deploy touches (I4); absent: nothing ever was. */
  readonly made?: MadeThings;
  /** When a deploy first brought what it declares; absent: written before that was noted. */
  readonly declaredSince?: DeclaredSince;
}

/** Milliseconds since 1970 at which something was declared first. */
export interface FirstDeclared {
  readonly name: string;
  readonly at: number;
}

export interface DeclaredSince {
  readonly topics: readonly FirstDeclared[];
  readonly groups: readonly FirstDeclared[];
  readonly accessKeys: readonly FirstDeclared[];
}

export interface MadeTopic extends TopicDeclaration {
  /** Account of the key that made it; empty: none did. */
  readonly account: string;
  /** Absent: the control API. */
  readonly origin?: 'storage';
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface MadeGroup extends GroupDeclaration {
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface MadeThings {
  readonly topics: readonly MadeTopic[];
  readonly groups: readonly MadeGroup[];
}

export interface HandOverNotes {
  /** Logs of removed topics that are to be deleted and may not be yet (I5). */
  readonly deletions: readonly string[];
  /** Of the hand-over that wrote the documents of the storage, and of the instance: an older one writes nothing any more. */
  readonly generations: { readonly storage: number; readonly instance: number };
}

/** What a gateway says of itself with every heartbeat. */
export interface GatewayRecord {
  readonly gatewayId: string;
  readonly instanceId: string;
  readonly replica: string;
  /** Number of the worker process, where a replica has several; each is a gateway of its own. */
  readonly worker?: number;
  /** Same for all replicas of one deployment; another one means a newer or an older deployment. */
  readonly revision: string;
  /** Milliseconds since 1970 by the store's clock. */
  readonly startedAt: number;
  readonly ready: boolean;
  readonly connections: number;
  /** Live subscriptions, client × filter. */
  readonly subscriptions?: number;
  /** Weighted messages a second, in and out (E4). */
  readonly tps?: number;
  /** The same, with what waits for its turn: how much of the ceiling this gateway asks for (E5). */
  readonly tpsDemand?: number;
  /** Since this gateway last removed messages for the cap on stored messages (T5); absent: it never did. */
  readonly trimmedSecondsAgo?: number;
}

/** A record under the kind and id that it was put with. */
export interface NamedRecord {
  readonly id: string;
  /** Secrets in it are sealed by the caller. */
  readonly value: string;
  /** Another one after every change, and never one that the kind had before. */
  readonly version: number;
  /** Milliseconds since 1970 from which it counts as absent; null: never. */
  readonly expiresAt: number | null;
}

export interface PutNamedRecord {
  readonly kind: string;
  readonly id: string;
  readonly value: string;
  /** What it replaces; 0: it must be new, null: whatever there is. */
  readonly expectedVersion: number | null;
  /** Default: null. */
  readonly expiresAt?: number | null;
  /**
   * Whose it is, and how many of the kind one owner may have at once: one more is refused with `RecordsExceededError`. Those that
   * have expired count until a chore removes them.
   */
  readonly owner?: { readonly name: string; readonly most: number };
  /**
   * `vital`: security or getting out of trouble needs it, so a server of memory that is full takes it too, within a reserve; the
   * caller bounds how many there are. `expendable`: it says what was, and may go before its time; all of its kind are. Default: neither.
   */
  readonly priority?: 'vital' | 'expendable';
}

export interface NamedRecordPage {
  readonly records: readonly NamedRecord[];
  /** Where the next page begins; null: that was the last one. */
  readonly next: string | null;
}
