/** What the control API needs of the gateway that it stands in. */
import type { CredentialsService } from '../auth/credentials-service';
import type { InstanceView } from '../auth/instance-view';
import type { GatewayDocuments } from '../gateway/document-source';
import type { EventLogger } from '../events';
import type { EventCounts } from '../metrics/event-counts';
import type { Present } from '../presence/presence';
import type { QuotaState } from '../quota/state';
import type { AppendRequest, AppendResult, Store } from '../store/contract';
import type { RecordStore } from '../usage/records';

/** Who asks, and for which account. */
export interface Caller {
  /** AccessKey that signed; null: a session of the console. */
  readonly keyId: string | null;
  /** User of the console; null: a key signed. */
  readonly user: string | null;
  readonly account: string;
  /** Of the main account, which administers everything. */
  readonly main: boolean;
}

export interface ServingBroker {
  /** The declaration in force. */
  readonly currentView: InstanceView;
  readonly gatewayId: string;
  /** Deliveries are traced. */
  readonly tracing: boolean;
  readonly quota: { status(): QuotaState };
  /** Who is connected to this gateway. */
  present(): Iterable<Present>;
  /** False: the client is not connected here. */
  kick(clientId: string): boolean;
  /** Why no message may be sent now; null: it may. */
  unavailable(): string | null;
  /** Stores a message as a client's is stored; null: above the TPS ceiling (E5). */
  send(request: AppendRequest): Promise<AppendResult> | null;
}

export interface ApiContext {
  readonly store: Store;
  readonly logger: EventLogger;
  readonly eventCounts?: EventCounts;
  /** Where usage is kept. */
  readonly usage: RecordStore;
  /** Tokens and device credentials. */
  readonly credentials: CredentialsService;
  /** undefined: the gateway starts. */
  documents(): GatewayDocuments | undefined;
  broker(): ServingBroker | undefined;
  /** Takes in what stands in the store now, without waiting for a notice. */
  refresh(): Promise<void>;
}

/** The same, once there are documents. */
export interface Serving {
  readonly store: Store;
  readonly usage: RecordStore;
  readonly documents: GatewayDocuments;
  readonly view: InstanceView;
  readonly broker: ServingBroker;
  readonly credentials: CredentialsService;
  refresh(): Promise<void>;
}
