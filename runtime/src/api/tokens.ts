/** Tokens (A2): apply, query, revoke. A sub-account does so for its own keys. */
import { Type, type Static } from '@sinclair/typebox';
import { TOKEN_CODES, type TokenProblem } from '../auth/credentials-service';
import { TOKEN_RULES } from '../auth/credentials';
import { askerOf, told } from './handed-out';
import { operation } from './operation';
import { ProblemError } from './problem';
import { filled, milliseconds, nothing, nullable, strict } from './schemas';

const action = Type.Union([Type.Literal('R'), Type.Literal('W')], { description: 'R: subscribe and receive; W: publish' });

const newToken = Type.Object({
  keyId: Type.Optional(Type.String({ minLength: 1, description: 'AccessKey whose rights bound the token, and that its clients name; the key that signs when left out' })),
  actions: Type.Array(action),
  resources: Type.Array(filled, { description: `1 to ${TOKEN_RULES.resources} topics and topic filters, each below a parent topic` }),
  expireTime: Type.Integer({ description: 'milliseconds since 1970, 60 seconds to 30 days from now' }),
}, strict);

const issued = Type.Object({
  token: Type.String({ minLength: 1, description: 'for the password of a client' }),
  tokenId: Type.String({ minLength: 1, description: 'names the token where the token must not stand' }),
  expireTime: milliseconds,
}, { $id: 'IssuedToken' });

export type IssuedTokenAnswer = Static<typeof issued>;

const problem = Type.Union((Object.keys(TOKEN_CODES) as TokenProblem[]).map((name) => Type.Literal(name)));

const status = Type.Object({
  valid: Type.Boolean(),
  problem: nullable(problem),
  token: nullable(Type.Object({ tokenId: filled, keyId: filled, actions: Type.Array(action), resources: Type.Array(filled), expireTime: milliseconds })),
}, { $id: 'TokenStatus' });

export type TokenStatusAnswer = Static<typeof status>;

const known = Type.Object({ token: filled }, strict);

export const tokenOperations = [
  operation({
    id: 'applyToken', method: 'POST', path: '/tokens', tag: 'tokens', summary: 'Applies for a token: it allows nothing that its AccessKey does not, and ends with it',
    body: newToken, secret: true, status: 201, response: issued, problems: ['rule-broken', 'key-unknown', 'account-denied'],
    async handle({ body: { keyId, ...asked }, caller, serving: { view, credentials } }) {
      const key = keyId ?? caller.keyId;
      if (key === null) throw new ProblemError('request-malformed', { allowed: 'keyId: an AccessKey', fix: 'name the AccessKey whose rights bound the token' }, 'body: a session of the console signs with no AccessKey');
      // whether there is such a key tells a sub-account nothing
      if (!caller.main && view.keys.get(key)?.account !== caller.account) throw new ProblemError('account-denied', { allowed: 'AccessKeys of this account' });
      return told({ invalid: 'rule-broken', 'not-found': 'key-unknown' }, credentials.applyToken({ ...asked, keyId: key }));
    },
  }),
  operation({
    id: 'queryToken', method: 'POST', path: '/tokens/query', tag: 'tokens', summary: 'Whether a token is valid, why not, and what it carries', changes: false,
    body: known, status: 200, response: status, problems: ['account-denied'],
    async handle({ body: { token }, caller, serving: { credentials } }) {
      const { valid, problem: why, token: carried } = await told({}, credentials.queryToken(token, askerOf(caller)));
      return { valid, problem: why, token: carried && { ...carried, actions: [...carried.actions], resources: [...carried.resources] } };
    },
  }),
  operation({
    id: 'revokeToken', method: 'POST', path: '/tokens/revoke', tag: 'tokens', summary: 'Revokes a token: every gateway refuses it within a second and closes what stands on it; again is no error',
    body: known, status: 200, response: nothing, problems: ['token-unknown', 'account-denied', 'revocations-exceeded'],
    async handle({ body: { token }, caller, serving: { credentials } }) {
      await told({ invalid: 'token-unknown', exceeded: 'revocations-exceeded' }, credentials.revokeToken(token, askerOf(caller)));
      return {};
    },
  }),
];
