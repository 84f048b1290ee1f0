/** Who asks: judged before the body is read, by the Authorization header or a console session; a signed body also by its hash afterwards. */
import { randomUUID } from 'node:crypto';
import type { InstanceView, KeyView } from '../auth/instance-view';
import { equalInConstantTime } from '../auth/signature';
import type { ConsoleSessions } from '../console/sessions';
import type { Store } from '../store/contract';
import type { Caller } from './context';
import { ProblemError } from './problem';
import { API_RATE, RateLimit } from './rate-limit';
import { parseAuthorization, signRequest, TOLERANCE_SECONDS, type Authorization } from './signing';

const NO_SECRET = Buffer.alloc(32);
/** A nonce is remembered for as long as its timestamp may pass, on either side of the clock, and a little more. */
const NONCE_SECONDS = 2 * TOLERANCE_SECONDS + 10;

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
}

export interface Authenticated extends Caller {
  /** That the body must have; null: it is not signed. */
  readonly bodyHash: string | null;
}

export class Authenticator {
  private readonly rates = new RateLimit();

  constructor(private readonly now: () => number = Date.now) {}

  async authenticate(view: InstanceView, store: Pick<Store, 'lease' | 'takeRate'>, asked: Asked): Promise<Authenticated> {
    const authorization = parse(asked.authorization);
    const key = this.signer(view, asked, authorization);
    await this.count(store, `key ${key.id}`);
    // A6, as at CONNECT
    if (key.secretIsWellKnown && !view.loopbackOnly) throw new ProblemError('secret-well-known');
    const account = view.manifest.accounts.find(({ name }) => name === key.account);
    if (key.grants !== null || account === undefined) throw new ProblemError('access-denied', { allowed: 'a key whose access is "all"' });
    // last, so that only a caller that may ask writes it; what refuses the request from here on, its body or its operation, leaves it used up
    if (!await store.lease(`api-nonce:${key.id}:${authorization.nonce}`, randomUUID(), NONCE_SECONDS)) throw new ProblemError('nonce-used', { fix: 'sign every request with a new nonce' });
    return { keyId: key.id, user: null, account: account.name, main: account.main, bodyHash: authorization.bodyHash };
  }

  /** With the rights of a key of the user's account that has access to everything. */
  async recognize(view: InstanceView, store: Pick<Store, 'takeRate'>, sessions: ConsoleSessions, token: string): Promise<Authenticated> {
    const session = await sessions.find(view, token);
    if (session === null) throw new ProblemError('console-session-ended', { fix: 'log in' });
    await this.count(store, `user ${session.user}`);
    return { keyId: null, user: session.user, account: session.account, main: session.main, bodyHash: null };
  }

  /** Over all gateways; what is far too much for one alone does not come as far as the store. */
  private async count(store: Pick<Store, 'takeRate'>, caller: string): Promise<void> {
    const wait = this.rates.take(caller) || Math.ceil(await store.takeRate(`api ${caller}`, API_RATE) / 1_000);
    if (wait > 0) throw new ProblemError('rate-exceeded', { retryAfter: wait, fix: `wait ${wait} s, as Retry-After says` });
  }

  private signer(view: InstanceView, { method, target }: Asked, { keyId, signature, ...signed }: Authorization): KeyView {
    const key = view.keys.get(keyId);
    // an unknown key costs the same work, so that the time does not tell which keys exist
    const right = equalInConstantTime(signature, signRequest(key?.secret ?? NO_SECRET, { method, target, ...signed }));
    if (key === undefined || !right) throw new ProblemError('request-signature-wrong', { fix: 'check the AccessKey id, its secret, and the string that is signed' });
    const now = Math.floor(this.now() / 1_000);
    if (Math.abs(now - signed.timestamp) > TOLERANCE_SECONDS) {
      throw new ProblemError('timestamp-outside-tolerance', { allowed: `within ${TOLERANCE_SECONDS} s of ${now}, the gateway's clock`, fix: 'set the clock' });
    }
    return key;
  }
}

function parse(header: string | undefined): Authorization {
  if (header === undefined) throw new ProblemError('request-unsigned');
  const authorization = parseAuthorization(header);
  if (authorization !== null) return authorization;
  throw new ProblemError('authorization-malformed', {
    allowed: 'MQTTGW-HMAC-SHA256 KeyId=…, Timestamp=<seconds>, Nonce=<16 to 64 of letters, digits, "-", "_">, BodySha256=<hex>, Signature=<Base64>',
  });
}
