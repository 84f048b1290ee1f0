import type { ListenerName } from '../../../lib/manifest/manifest';
import type { Refusal } from '../errors';
import type { GrantedToken, TokenVerdict } from './token';

export interface ConnectRequest {
  /** As the client sent it: may be empty. */
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly cleanSession: boolean;
  readonly protocolVersion: 3 | 4;
  readonly listener: ListenerName;
}

/** Who a connection is, as it authenticated. Rights are always looked up in the current view. */
export interface Principal {
  /** As sent; empty only under open admission, where the gateway gives one. */
  readonly clientId: string;
  /** null under open admission when the Client ID has no group of this instance. */
  readonly group: string | null;
  /** null: anonymous, or a device with a credential of its own. */
  readonly keyId: string | null;
  readonly account: string | null;
  /** Tag of the secret that it signed with, so that a changed secret ends it; never the secret. */
  readonly secretTag: string | null;
  /** What its tokens allow (A2), within the key's rights; absent: it did not come with tokens. */
  readonly tokens?: readonly GrantedToken[];
  /** A session of the console, which has every right. */
  readonly administers?: true;
  /** DeviceAccessKeyId of its credential (A3); absent: it did not come with one. */
  readonly deviceKeyId?: string;
}

/** A device's credential, opened (A3). */
export interface DeviceSecret {
  readonly deviceKeyId: string;
  readonly account: string;
  readonly secret: Buffer;
  readonly secretTag: string;
}

/** What the control plane handed out, as far as it matters to one CONNECT. */
export interface PresentedCredentials {
  /** Judges a token, also by whether it was revoked. */
  token(text: string): TokenVerdict;
  /** Credential of this Client ID; null: it has none. */
  readonly device: DeviceSecret | null;
}

/** Return codes of CONNACK that authentication gives. */
export type ConnectReturnCode = 2 | 4 | 5;

export type ConnectJudgement =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly returnCode: ConnectReturnCode; readonly refusal: Refusal };

export type PublishJudgement =
  | {
    readonly ok: true;
    /** Log to append to. */
    readonly log: string;
    /** Target of a P2P message (T4); null: any other message. */
    readonly p2pClientId: string | null;
  }
  | { readonly ok: false; readonly refusal: Refusal };

export type SubscribeJudgement =
  | {
    readonly ok: true;
    readonly log: string;
    /** Different wildcard filters that the parent topic may have over all clients (L4): the store counts them. Null: no bound. */
    readonly wildcardLimit: number | null;
  }
  | { readonly ok: false; readonly refusal: Refusal };
