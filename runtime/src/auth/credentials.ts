import { randomBytes } from 'node:crypto';
import { hasWildcard, isValidFilter } from '../topics/match';
import {
  CredentialsError, type Asker, type CredentialsService, type DeviceCredential, type IssuedToken, type TokenAction, type TokenRequest, type TokenStatus,
} from './credentials-service';
import type { DeviceCredentials } from './device-credentials';
import type { InstanceView, KeyView } from './instance-view';
import type { Revocations } from './revocations';
import { issueToken, judgeToken, type TokenClaims } from './token';

export interface CredentialsOptions {
  readonly devices: DeviceCredentials;
  readonly revocations: Revocations;
  view(): InstanceView;
  now(): number;
  signingSecret(): Buffer;
}

/** A2 */
export const TOKEN_RULES = {
  resources: 100,
  /** Of all resources together: three tokens must fit into a CONNECT. */
  resourceBytes: 12 * 1024,
  leastMs: 60_000,
  mostMs: 30 * 24 * 3_600_000,
} as const;

const ACTIONS: readonly TokenAction[] = ['R', 'W'];

/** The service on the named records of the store. */
export class Credentials implements CredentialsService {
  constructor(private readonly options: CredentialsOptions) {}

  async applyToken({ keyId, actions, resources, expireTime }: TokenRequest): Promise<IssuedToken> {
    const view = this.options.view();
    const key = view.keys.get(keyId);
    if (key === undefined) throw new CredentialsError('not-found', `the AccessKey "${keyId}" does not exist in instance "${view.instanceId}"; declare it first`);
    mustBeActions(actions);
    mustBeResources(resources);
    this.mustBeExpiry(expireTime);
    const claims: TokenClaims = {
      id: randomBytes(16).toString('base64url'), instanceId: view.instanceId, keyId, expiresAt: expireTime,
      actions: ACTIONS.filter((action) => actions.includes(action)), resources: [...new Set(resources)],
    };
    return { token: issueToken(this.options.signingSecret(), key, claims), tokenId: claims.id, expireTime };
  }

  async revokeToken(token: string, account: Asker): Promise<void> {
    const { claims, problem } = this.judge(token);
    if (problem === 'expired') return; // nothing stands on it any more
    if (claims === null) {
      if (problem === 'account') return; // its key is gone, and with it the token
      throw new CredentialsError('invalid', 'the token is not one of this storage, was changed, or its AccessKey has another secret now; none of these is accepted anyway');
    }
    this.mustBeOf(claims, account);
    const owner = this.options.view().keys.get(claims.keyId)?.account;
    if (owner === undefined) return; // as above
    await this.options.revocations.revoke(claims.id, claims.expiresAt, owner);
  }

  async queryToken(token: string, account: Asker): Promise<TokenStatus> {
    const { claims, problem } = this.judge(token);
    if (claims === null) return { valid: false, problem, token: null };
    this.mustBeOf(claims, account);
    const verdict = problem ?? (await this.options.revocations.isRevoked(claims.id) ? 'revoked' : null);
    const { id: tokenId, keyId, actions, resources, expiresAt: expireTime } = claims;
    return { valid: verdict === null, problem: verdict, token: { tokenId, keyId, actions, resources, expireTime } };
  }

  registerDevice(clientId: string, account: string): Promise<DeviceCredential> {
    return this.options.devices.register(clientId, account);
  }

  getDevice(clientId: string, account: Asker): Promise<DeviceCredential> {
    return this.options.devices.get(clientId, account);
  }

  refreshDevice(clientId: string, account: Asker): Promise<DeviceCredential> {
    return this.options.devices.refresh(clientId, account);
  }

  unregisterDevice(clientId: string, account: Asker): Promise<void> {
    return this.options.devices.unregister(clientId, account);
  }

  private judge(token: string): { readonly claims: TokenClaims | null; readonly problem: TokenStatus['problem'] } {
    const verdict = judgeToken(this.options.signingSecret(), this.options.view(), token, this.options.now());
    return { claims: verdict.claims, problem: verdict.ok ? null : verdict.problem };
  }

  private mustBeOf({ keyId }: TokenClaims, account: Asker): void {
    if (account === null) return;
    const key: KeyView | undefined = this.options.view().keys.get(keyId);
    if (key?.account !== account) throw new CredentialsError('forbidden', `the token was applied with a key of another account than "${account}"; ask with a key of that account`);
  }

  private mustBeExpiry(expireTime: number): void {
    const lifetime = expireTime - this.options.now();
    if (Number.isSafeInteger(expireTime) && lifetime >= TOKEN_RULES.leastMs && lifetime <= TOKEN_RULES.mostMs) return;
    throw new CredentialsError('invalid', `got the expiry ${expireTime}, allowed are milliseconds since 1970, 60 seconds to 30 days from now (A2)`);
  }
}

function mustBeActions(actions: readonly string[]): void {
  if (actions.length > 0 && actions.every((action) => (ACTIONS as readonly string[]).includes(action))) return;
  throw new CredentialsError('invalid', `got the actions "${actions.join(',')}", allowed are R, W or both (A2)`);
}

function mustBeResources(resources: readonly string[]): void {
  if (resources.length === 0 || resources.length > TOKEN_RULES.resources) {
    throw new CredentialsError('invalid', `got ${resources.length} resources, allowed are 1 to ${TOKEN_RULES.resources} topics or topic filters (A2)`);
  }
  const wrong = resources.find((resource) => !isValidFilter(resource) || resource.startsWith('$') || hasWildcard(resource.split('/', 1)[0]!));
  if (wrong !== undefined) {
    throw new CredentialsError('invalid', `got the resource "${wrong.slice(0, 100)}", allowed is a topic or a topic filter that begins with a parent topic, "#" only as its last level and "+" only as a whole level (A2, T1)`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(resources));
  if (bytes > TOKEN_RULES.resourceBytes) {
    throw new CredentialsError('invalid', `the resources take ${bytes} bytes together, allowed are ${TOKEN_RULES.resourceBytes}, because clients send the token in CONNECT; name fewer, or use wildcards`);
  }
}
