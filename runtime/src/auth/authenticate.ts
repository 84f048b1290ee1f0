import { refusal, type ErrorCode } from '../errors';
import { isLongerThan, parseClientId } from './client-id';
import type { InstanceView, KeyView } from './instance-view';
import { isSignature } from './signature';
import type { ConnectJudgement, ConnectRequest, ConnectReturnCode, Principal } from './types';

const NO_SECRET = Buffer.alloc(32);

/**
 * Who may connect. The order of the answers is the order of the table in the specification: 2 the Client ID, then 4 the
 * credentials, then 5 what they may do; so nobody learns of the third without passing the second. Code 3 is for the
 * gateway's own state and belongs to the caller, between 2 and 4 where it can and before all of this otherwise.
 */
export function authenticate(view: InstanceView, request: ConnectRequest): ConnectJudgement {
  const open = view.admission.mode === 'open';
  const { clientId } = request;

  let group: string | null;
  if (open) {
    // [MQTT-3.1.3-8]; MQTT 3.1 knows no empty Client ID
    if (clientId === '' && (!request.cleanSession || request.protocolVersion === 3)) return no(2, 'client-id-empty');
    const parts = parseClientId(clientId);
    group = parts !== null && view.hasGroup(parts.group) ? parts.group : null;
    if (view.admission.anonymous) return yes({ clientId, group, keyId: null, account: null, secretTag: null });
  } else {
    if (clientId === '') return no(2, 'client-id-empty');
    const limit = view.limits.clientIdLength;
    if (isLongerThan(clientId, limit)) return no(2, 'client-id-too-long', `allowed ${limit} characters`); // C1, L4
    const parts = parseClientId(clientId);
    if (parts === null) return no(2, 'client-id-malformed'); // C1
    if (!view.hasGroup(parts.group)) return no(2, 'group-unknown'); // C1
    group = parts.group;
  }

  const { username, password } = request;
  if (username === undefined || password === undefined) return no(4, 'credentials-missing');
  const name = parseUsername(username);
  if (name === null) return no(4, 'username-malformed');
  if (name.mode !== 'Signature') return no(4, 'mode-unknown');
  const key = view.keys.get(name.keyId);
  // an unknown key costs the same work, so that the time does not tell which keys exist
  const signed = isSignature(password, key?.secret ?? NO_SECRET, clientId);
  if (key === undefined) return no(4, 'key-unknown');
  if (!signed) return no(4, 'signature-wrong'); // A1

  const right = judgeKey(view, key, group, name.instanceId);
  if (right !== null) return no(5, right);
  return yes({ clientId, group, keyId: key.id, account: key.account, secretTag: key.secretTag });
}

/** What stands against the holder of a key although the signature is right; null: nothing. */
function judgeKey(view: InstanceView, key: KeyView, group: string | null, instanceId: string): ErrorCode | null {
  if (instanceId !== view.instanceId) return 'instance-wrong'; // A6
  if (!view.accounts.has(key.account)) return 'account-mismatch';
  if (group !== null && view.admission.mode === 'strict' && view.groups.get(group)!.account !== key.account) return 'account-mismatch'; // A4
  if (key.secretIsWellKnown && !view.loopbackOnly) return 'secret-well-known'; // A6
  if (!hasAnyRight(key)) return 'no-right'; // A5
  return null;
}

function hasAnyRight(key: KeyView): boolean {
  if (key.grants === null) return true;
  for (const grant of key.grants.values()) if (grant.publish || grant.subscribe) return true;
  return false;
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
  if (principal.keyId === null) return mode === 'open' && anonymous;
  const key = view.keys.get(principal.keyId);
  if (key === undefined || key.account !== principal.account || key.secretTag !== principal.secretTag) return false;
  return judgeKey(view, key, principal.group, view.instanceId) === null;
}

function yes(principal: Principal): ConnectJudgement {
  return { ok: true, principal };
}

function no(returnCode: ConnectReturnCode, code: ErrorCode, detail?: string): ConnectJudgement {
  return { ok: false, returnCode, refusal: refusal(code, detail) };
}
