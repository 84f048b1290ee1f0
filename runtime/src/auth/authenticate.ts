import type { Grant } from '../../../lib/manifest/manifest';
import { refusal, type ErrorCode } from '../errors';
import { isLongerThan, parseClientId } from './client-id';
import type { InstanceView, KeyView } from './instance-view';
import { isSignature } from './signature';
import { grantToken, parseTokenPassword, permitsType, type GrantedToken } from './token';
import type { ConnectJudgement, ConnectRequest, ConnectReturnCode, DeviceSecret, PresentedCredentials, Principal } from './types';

type Refused = Extract<ConnectJudgement, { ok: false }>;

const NO_SECRET = Buffer.alloc(32);
const NOTHING_HANDED_OUT: PresentedCredentials = { token: () => ({ ok: false, problem: 'signature', claims: null }), device: null };

/**
 * Who may connect. The order of the answers is the order of the table in the specification: 2 the Client ID, then 4 the
 * credentials, then 5 what they may do; so nobody learns of the third without passing the second. Code 3 is for the
 * gateway's own state and belongs to the caller, between 2 and 4 where it can and before all of this otherwise.
 */
export function authenticate(view: InstanceView, request: ConnectRequest, presented: PresentedCredentials = NOTHING_HANDED_OUT): ConnectJudgement {
  const named = judgeClientId(view, request);
  if (!named.ok) return named;
  const { clientId } = request;
  const { group } = named;
  if (view.admission.mode === 'open' && view.admission.anonymous) return yes({ clientId, group, keyId: null, account: null, secretTag: null });

  const { username, password } = request;
  if (username === undefined || password === undefined) return no(4, 'credentials-missing');
  const name = parseUsername(username);
  if (name === null) return no(4, 'username-malformed');
  switch (name.mode) {
    case 'Signature': return bySignature(view, name, password, clientId, group);
    case 'Token': return byTokens(view, name, password, clientId, group, presented);
    case 'DeviceCredential': return byDevice(view, name, password, clientId, group, presented.device);
    default: return no(4, 'mode-unknown');
  }
}

/** C1, before anything is looked up for it. */
export function judgeClientId(view: InstanceView, { clientId, cleanSession, protocolVersion }: ConnectRequest): { readonly ok: true; readonly group: string | null } | Refused {
  const parts = parseClientId(clientId);
  if (view.admission.mode === 'open') {
    // [MQTT-3.1.3-8]; MQTT 3.1 knows no empty Client ID
    if (clientId === '' && (!cleanSession || protocolVersion === 3)) return no(2, 'client-id-empty');
    return { ok: true, group: parts !== null && view.hasGroup(parts.group) ? parts.group : null };
  }
  if (clientId === '') return no(2, 'client-id-empty');
  const limit = view.limits.clientIdLength;
  if (isLongerThan(clientId, limit)) return no(2, 'client-id-too-long', `allowed ${limit} characters`); // C1, L4
  if (parts === null) return no(2, 'client-id-malformed'); // C1
  if (!view.hasGroup(parts.group)) return no(2, 'group-unknown'); // C1
  return { ok: true, group: parts.group };
}

/** Its credential has to be looked up before it is judged. */
export function namesDevice(username: string | undefined): boolean {
  return username?.startsWith('DeviceCredential|') === true;
}

/** A1 */
function bySignature(view: InstanceView, { keyId, instanceId }: Username, password: Buffer, clientId: string, group: string | null): ConnectJudgement {
  const key = view.keys.get(keyId);
  // an unknown key costs the same work, so that the time does not tell which keys exist
  const signed = isSignature(password, key?.secret ?? NO_SECRET, clientId);
  if (key === undefined) return no(4, 'key-unknown');
  if (!signed) return no(4, 'signature-wrong');
  const right = judgeKey(view, key, group, instanceId);
  if (right !== null) return no(5, right);
  return yes({ clientId, group, keyId: key.id, account: key.account, secretTag: key.secretTag });
}

/** A2: one bad token refuses all. */
function byTokens(view: InstanceView, { keyId, instanceId }: Username, password: Buffer, clientId: string, group: string | null, presented: PresentedCredentials): ConnectJudgement {
  const given = parseTokenPassword(password.toString());
  if (given === null) return no(4, 'token-password-malformed');
  const key = view.keys.get(keyId);
  if (key === undefined) return no(4, 'key-unknown');
  const tokens: GrantedToken[] = [];
  for (const { type, token } of given) {
    const verdict = presented.token(token);
    if (!verdict.ok) return no(4, `token-${verdict.problem}`);
    if (!permitsType(verdict.claims, type)) return no(4, 'token-permission');
    tokens.push(grantToken(type, verdict.claims));
  }
  for (const { claims } of tokens) {
    if (claims.instanceId !== view.instanceId) return no(5, 'instance-wrong');
    if (claims.keyId === keyId) continue;
    return view.keys.get(claims.keyId)?.account === key.account ? no(4, 'token-account') : no(5, 'account-mismatch');
  }
  const right = judgeKey(view, key, group, instanceId);
  if (right !== null) return no(5, right);
  return yes({ clientId, group, keyId, account: key.account, secretTag: key.secretTag, tokens });
}

/** A3: one device, one secret. */
function byDevice(view: InstanceView, { keyId, instanceId }: Username, password: Buffer, clientId: string, group: string | null, device: DeviceSecret | null): ConnectJudgement {
  const known = device !== null && device.deviceKeyId === keyId;
  const signed = isSignature(password, known ? device.secret : NO_SECRET, clientId);
  if (!known) return no(4, 'device-unknown');
  if (!signed) return no(4, 'signature-wrong');
  const right = judgeAccount(view, device.account, group, instanceId) ?? judgeGrants(view.accountGrants.get(device.account));
  if (right !== null) return no(5, right);
  return yes({ clientId, group, keyId: null, account: device.account, secretTag: device.secretTag, deviceKeyId: keyId });
}

/** What stands against the holder of a key although the signature is right; null: nothing. */
function judgeKey(view: InstanceView, key: KeyView, group: string | null, instanceId: string): ErrorCode | null {
  const account = judgeAccount(view, key.account, group, instanceId);
  if (account !== null) return account;
  if (key.secretIsWellKnown && !view.loopbackOnly) return 'secret-well-known'; // A6
  return judgeGrants(key.grants);
}

function judgeAccount(view: InstanceView, account: string, group: string | null, instanceId: string): ErrorCode | null {
  if (instanceId !== view.instanceId) return 'instance-wrong'; // A6
  if (!view.accounts.has(account)) return 'account-mismatch';
  return group !== null && view.admission.mode === 'strict' && view.groups.get(group)!.account !== account ? 'account-mismatch' : null; // A4
}

/** A5: somebody without any right has no business here. */
function judgeGrants(grants: ReadonlyMap<string, Grant> | null | undefined): ErrorCode | null {
  if (grants === null) return null;
  for (const grant of grants?.values() ?? []) if (grant.publish || grant.subscribe) return null;
  return 'no-right';
}

interface Username {
  readonly mode: string;
  readonly keyId: string;
  readonly instanceId: string;
}

/** Three parts, none empty: anything else is malformed rather than guessed at. */
function parseUsername(username: string): Username | null {
  const parts = username.split('|', 4);
  if (parts.length !== 3 || parts.some((part) => part === '')) return null;
  return { mode: parts[0]!, keyId: parts[1]!, instanceId: parts[2]! };
}

/** Whether a connection may stay under a changed declaration (I5). */
export function isStillValid(view: InstanceView, principal: Principal): boolean {
  const { mode, anonymous } = view.admission;
  if (mode === 'strict' && (principal.group === null || !view.hasGroup(principal.group))) return false;
  if (principal.deviceKeyId !== undefined) {
    return (judgeAccount(view, principal.account!, principal.group, view.instanceId) ?? judgeGrants(view.accountGrants.get(principal.account!))) === null;
  }
  if (principal.keyId === null) return mode === 'open' && anonymous;
  if (principal.tokens?.some(({ claims }) => claims.expiresAt <= Date.now()) === true) return false;
  const key = view.keys.get(principal.keyId);
  if (key === undefined || key.account !== principal.account || key.secretTag !== principal.secretTag) return false;
  return judgeKey(view, key, principal.group, view.instanceId) === null;
}

function yes(principal: Principal): ConnectJudgement {
  return { ok: true, principal };
}

function no(returnCode: ConnectReturnCode, code: ErrorCode, detail?: string): Refused {
  return { ok: false, returnCode, refusal: refusal(code, detail) };
}
