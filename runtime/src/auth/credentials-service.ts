/**
 * What the control plane hands out: tokens (A2) and device credentials (A3). The control API calls this and knows nothing of
 * how either is kept; gateways judge connections by what stands here.
 *
 * The caller has authenticated whoever asks, and passes the AccessKey or account that it found.
 */

/** Account that asks; null: somebody who administers every account. */
export type Asker = string | null;

/** R: subscribe and receive; W: publish. */
export type TokenAction = 'R' | 'W';

/** As the password and `$SYS/uploadToken` name it. */
export type TokenType = 'R' | 'W' | 'RW';

export interface TokenRequest {
  /** AccessKey that asks. The token allows nothing that this key does not, and ends with it. */
  readonly keyId: string;
  /** At least one. */
  readonly actions: readonly TokenAction[];
  /** Topics and topic filters, 1 to 100; the first level is no wildcard. */
  readonly resources: readonly string[];
  /** Milliseconds since 1970: 60 seconds to 30 days from now. */
  readonly expireTime: number;
}

export interface IssuedToken {
  /** For the password: letters, digits, `-`, `_` and one `.`. */
  readonly token: string;
  /** Names the token where the token itself must not stand, such as in a log. */
  readonly tokenId: string;
  readonly expireTime: number;
}

/** Why a token is refused; the numbers are those of `$SYS/tokenInvalidNotice`. */
export const TOKEN_CODES = {
  forged: 1, expired: 2, revoked: 3, resource: 4, permission: 5, signature: 8, account: -1,
} as const;

export type TokenProblem = keyof typeof TOKEN_CODES;

export interface TokenStatus {
  readonly valid: boolean;
  /** Null when it is valid. */
  readonly problem: TokenProblem | null;
  /** What it carries; null when it is not one of ours (`forged`, `signature`). */
  readonly token: {
    readonly tokenId: string;
    readonly keyId: string;
    readonly actions: readonly TokenAction[];
    readonly resources: readonly string[];
    readonly expireTime: number;
  } | null;
}

export interface DeviceCredential {
  readonly clientId: string;
  readonly instanceId: string;
  /** Account that registered it: its rights are the device's. */
  readonly account: string;
  readonly deviceAccessKeyId: string;
  /** Clear: only for the answer to whoever asked. */
  readonly deviceAccessKeySecret: string;
  /** Milliseconds since 1970. */
  readonly createTime: number;
  /** When the secret was made. */
  readonly updateTime: number;
}

export type CredentialsErrorCode =
  /** The request breaks a rule; the message says which. */
  | 'invalid'
  /** The AccessKey, the group of the Client ID or the credential does not exist. */
  | 'not-found'
  /** The account may not: A4, or somebody else's credential or token. */
  | 'forbidden'
  /** The account has as many as it may. */
  | 'exceeded'
  /** Two asked at the same moment; ask again. */
  | 'conflict';

export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';

  constructor(readonly code: CredentialsErrorCode, message: string) {
    super(message);
  }
}

/** Every method rejects with `CredentialsError`, or with `StoreUnavailableError` while the store is away. */
export interface CredentialsService {
  applyToken(request: TokenRequest): Promise<IssuedToken>;
  /**
   * Every gateway refuses it within a second and closes what stands on it. `account`: of whoever asks; the token must be of a
   * key of this account. Idempotent; a token that has expired needs none, and one that is not ours is `invalid`.
   */
  revokeToken(token: string, account: Asker): Promise<void>;
  queryToken(token: string, account: Asker): Promise<TokenStatus>;

  /** For a Client ID of an existing group. Registered already: answers the same credential again, as the original product does. */
  registerDevice(clientId: string, account: string): Promise<DeviceCredential>;
  getDevice(clientId: string, account: Asker): Promise<DeviceCredential>;
  /** A new secret; the old one stops working and the connection that stands on it closes. The DeviceAccessKeyId stays. */
  refreshDevice(clientId: string, account: Asker): Promise<DeviceCredential>;
  /** The connection that stands on it closes. */
  unregisterDevice(clientId: string, account: Asker): Promise<void>;
}
