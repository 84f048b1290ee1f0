/** Log-in sessions of the console: who is logged in, logging in and out. */
import { randomBytes } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { MAX_PASSWORD_LENGTH } from '../../../lib/rules/secrets';
import { equalInConstantTime } from '../auth/signature';
import { SessionsContendedError, type ConsoleSession } from '../console/sessions';
import { openOperation } from './operation';
import { ProblemError } from './problem';
import { filled, milliseconds, nothing, strict } from './schemas';

const session = Type.Object({
  user: filled,
  account: Type.String({ minLength: 1, description: 'whose topics, groups and clients the user sees and changes' }),
  main: Type.Boolean({ description: 'of the main account, which sees everything' }),
  expiresAt: Type.Integer({ minimum: 0, description: `${milliseconds.description as string}, if nothing is asked until then; each request moves it` }),
}, { $id: 'ConsoleSession' });

const credentials = Type.Object({
  user: Type.String({ maxLength: 64 }),
  password: Type.String({ maxLength: MAX_PASSWORD_LENGTH }),
}, strict);

/** An unknown user is compared with it, so that the time does not tell which users exist. */
const NOBODY = randomBytes(32);

const TURN_ON = { fix: 'declare console: { enabled: true } and deploy' };

export const consoleSessionOperations = [
  openOperation({
    id: 'getConsoleSession', method: 'GET', path: '/console/session', tag: 'console', summary: 'Who is logged in to the console with this cookie',
    secret: true, status: 200, response: session, problems: ['console-session-ended', 'console-off'],
    async handle({ visit, serving: { view } }) {
      if (!view.consoleOn) throw new ProblemError('console-off', TURN_ON);
      const found = visit.token === null ? null : await visit.sessions.find(view, visit.token);
      if (found === null) throw new ProblemError('console-session-ended', { fix: 'log in' });
      return shown(found);
    },
  }),
  openOperation({
    id: 'openConsoleSession', method: 'POST', path: '/console/session', tag: 'console',
    summary: 'Logs a declared user in: the cookie of the answer stands for a signature with a key of the user\'s account that has access to everything',
    body: credentials, bodyBytes: 4_096, secret: true, status: 200, response: session, problems: ['login-refused', 'login-rate-exceeded', 'console-off'],
    async handle({ body: { user: name, password }, visit, serving: { view } }) {
      if (!view.consoleOn) throw new ProblemError('console-off', TURN_ON);
      const wait = await visit.limits.take(visit.address, name);
      if (wait > 0) throw new ProblemError('login-rate-exceeded', { retryAfter: Math.ceil(wait / 1_000), fix: 'wait, as Retry-After says' });
      const user = view.consoleUsers.get(name);
      if (!equalInConstantTime(password, user?.password ?? NOBODY) || user === undefined) {
        // a password that was typed into the wrong field must not stand in a log
        visit.tell('refused', { user: user?.name });
        throw new ProblemError('login-refused', { fix: 'check both; the program that is deployed declares them' });
      }
      await visit.limits.forgive(visit.address, name);
      if (visit.token !== null) await visit.sessions.close(visit.token);
      const opened = await visit.sessions.open(view, user).catch((error: unknown) => {
        throw error instanceof SessionsContendedError ? new ProblemError('login-rate-exceeded', { retryAfter: 1 }) : error;
      });
      visit.keep(opened.token);
      visit.tell('login', { user: user.name, account: user.account });
      return shown(opened.session);
    },
  }),
  openOperation({
    id: 'closeConsoleSession', method: 'DELETE', path: '/console/session', tag: 'console', summary: 'Logs out; without a session too',
    forgets: true, status: 200, response: nothing, problems: [],
    async handle({ visit }) {
      if (visit.token !== null) await visit.sessions.close(visit.token);
      return {};
    },
  }),
];

function shown({ user, account, main, expiresAt }: ConsoleSession): ConsoleSession {
  return { user, account, main, expiresAt };
}
