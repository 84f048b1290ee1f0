import type { HandedOut } from '../auth/handed-out';
import type { InstanceView } from '../auth/instance-view';
import type { EventLogger, EventName } from '../events';
import type { Quota } from '../quota/quota';
import type { UsageMeter } from '../usage/meter';
import type { Store } from '../store/contract';
import type { AppendQueue } from './append-queue';
import type { ClientConnection } from './client-connection';
import type { ClientTokens } from './client-tokens';
import type { EngineClient } from './engine';
import type { Receiver, Router } from './router';
import type { SessionContext } from './session';
import type { SessionCloser } from './session-closer';
import type { Shares } from './shares';

/** What the seams share: the broker's parts, and the tables that it keeps. */
export interface BrokerContext {
  readonly store: Store;
  readonly gatewayId: string;
  readonly logger: EventLogger;
  readonly router: Router<Receiver>;
  readonly shares: Shares;
  readonly appends: AppendQueue;
  readonly quota: Quota;
  readonly usage: UsageMeter;
  readonly handedOut: HandedOut;
  readonly tokens: ClientTokens;
  readonly closer: SessionCloser;
  readonly sessionContext: SessionContext;
  /** The declaration in force; it may be replaced between two packets. */
  view(): InstanceView;
  /** New connections are refused with code 3 while true (B5, E7). */
  unavailable(): string | null;
  connectionOf(client: EngineClient): ClientConnection;
  /** The connection that serves a Client ID on this gateway. */
  byClientId(clientId: string): ClientConnection | undefined;
  register(connection: ClientConnection): void;
  event(name: EventName, connection: ClientConnection | null, fields: { readonly [name: string]: unknown }): void;
  /** The same for the trace of its device alone. */
  trace(name: EventName, connection: ClientConnection, fields: { readonly [name: string]: unknown }): void;
}
