import type { IPublishPacket } from 'mqtt-packet';
import type { Principal } from '../auth/types';
import { LIMITS } from '../limits';
import type { MessageId, OpenedSession, WillRecord } from '../store/contract';
import type { Connection } from '../net/connection';
import type { HeldPublishes } from '../quota/held-publishes';
import type { EngineClient } from './engine';
import type { RetainedFeed } from './retained-feed';
import type { SessionLink } from './sender';
import type { Session } from './session';

/** A will as CONNECT gave it (MQTT 3.1.1, 3.1.2.5); where it would go is judged with the client's rights. */
export type Will = Pick<WillRecord, 'topic' | 'payload' | 'qos' | 'retain'>;

/** A filter that aedes asked about and that waits for its answer. */
export interface PendingFilter {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly answer: (error: Error | null, granted: boolean) => void;
}

/** A filter that the store holds, before the client knows. */
export interface Granted {
  readonly qos: 0 | 1 | 2;
  /** Newer messages come live, so what is retained up to it is due. */
  readonly retainedUpTo: MessageId;
}

/**
 * One network connection from accept to the end of its session on this gateway: what aedes knows of it, who it is, and
 * the session it serves. Compared by identity: a Client ID may belong to a newer connection already.
 */
export class ClientConnection implements SessionLink {
  client!: EngineClient;
  clientId = '';
  principal: Principal | null = null;
  session: Session | null = null;
  /** CONNACK is on its way. */
  ready = false;
  /** As the store gave it, until delivery starts. */
  opened: OpenedSession | null = null;
  will: Will | null = null;
  /** The will as it is kept with the session; null: none, or one that the client may not publish. */
  keptWill: WillRecord | null = null;
  /** Inbound QoS 2 packet identifiers of this connection that await PUBREL. */
  readonly inboundQos2 = new Set<number>();
  /** What it published above the TPS ceiling; null: it never did. */
  held: HeldPublishes | null = null;
  /** Filters of the SUBSCRIBE packets that this turn brought. */
  subscribing: PendingFilter[] = [];
  /** Filters that are stored and wait for SUBACK to be written. */
  readonly granted = new Map<string, Granted>();
  /** Brings what is retained for new subscriptions; null: there was none yet. */
  retained: RetainedFeed | null = null;
  /** Why we close it; null while the client is to say. */
  closeReason: string | null = null;
  private pending = 0;
  private pendingBytes = 0;
  private settledWaiters: (() => void)[] = [];
  private resolveEnded!: () => void;
  /** Resolves when the session is closed in the store too. */
  readonly ended = new Promise<void>((resolve) => (this.resolveEnded = resolve));

  constructor(readonly connection: Connection, private readonly heldBack: Set<ClientConnection>) {}

  // --- SessionLink ---------------------------------------------------------------------------------------------------

  write(frame: Buffer): void {
    this.connection.writeFrame(frame);
  }

  get address(): string {
    return this.connection.remoteAddress;
  }

  get writable(): boolean {
    return this.connection.bufferedBytes < LIMITS.outputHighWaterBytes;
  }

  onceWritable(callback: () => void): void {
    this.connection.once('writable', callback);
  }

  close(reason: string): void {
    this.closeReason ??= reason;
    if (this.client === undefined) this.connection.destroy();
    else this.client.close();
  }

  // --- appends that wait for the store -------------------------------------------------------------------------------

  /** `crowded`: the gateway as a whole has as much waiting as it may. */
  publishing(bytes: number, crowded: boolean): void {
    this.pending++;
    this.pendingBytes += bytes;
    if (!this.heldBack.has(this) && (crowded || this.pending >= LIMITS.pendingPublishes || this.pendingBytes >= LIMITS.pendingPublishBytes)) {
      this.connection.pause('publish');
      this.heldBack.add(this);
    }
  }

  published(bytes: number): void {
    this.pending--;
    this.pendingBytes -= bytes;
    if (this.pending <= LIMITS.pendingPublishes / 2 && this.pendingBytes <= LIMITS.pendingPublishBytes / 2 && this.heldBack.delete(this)) {
      this.connection.resume('publish');
    }
    if (this.pending === 0) this.settledWaiters.splice(0).forEach((resolve) => resolve());
  }

  /** Resolves when nothing of this client waits for the store. */
  settled(): Promise<void> {
    if (this.pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.settledWaiters.push(resolve));
  }

  /** The client cannot be heard while its socket is not read: its keep-alive must not run out for that. */
  refreshKeepAlive(): void {
    this.client?._keepaliveTimer?.refresh();
  }

  finish(): void {
    this.heldBack.delete(this);
    this.resolveEnded();
  }
}

export function willOf(packet: IPublishPacket | undefined): Will | null {
  if (packet === undefined || packet === null) return null;
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : Buffer.from(packet.payload ?? '');
  return { topic: packet.topic, payload, qos: (packet.qos ?? 0) as 0 | 1 | 2, retain: packet.retain ?? false };
}

/** What an event of a connection tells of it. */
export function fieldsOf({ clientId, connection: { connect, remoteAddress, listener } }: ClientConnection, fields: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } {
  // an empty Client ID is shown as the client gave it, not as the one that was made for it
  return { clientId: connect?.clientId === '' ? '' : clientId, address: remoteAddress, listener, ...fields };
}
