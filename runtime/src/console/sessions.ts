/**
 * Log-in sessions of the console. A session is a named record of the store under the hash of its token, so every replica
 * accepts it, also after a restart, and whoever reads the store cannot use it. It stands on its user as declared: the record
 * holds a proof made of token and password, which fails when the password changes and tells nothing about it.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { ConsoleUserView, InstanceView } from '../auth/instance-view';
import { equalInConstantTime } from '../auth/signature';
import type { NamedRecord, Store } from '../store/contract';

export const SESSION_KIND = 'console-session';
/** User → ids of its sessions, so that they are bounded. */
export const USER_KIND = 'console-user';

/** Without a request for so long it ends. */
export const IDLE_MS = 30 * 60_000;
/** And after so long in any case. */
export const LONGEST_MS = 12 * 3_600_000;
/** A request moves the end at most so often: each time is a write. */
const RENEWED_AFTER_MS = 60_000;
/** Beyond it the oldest of a user ends. */
export const SESSIONS_A_USER = 20;
const ATTEMPTS = 5;

/** 256 bits. */
const TOKEN_BYTES = 32;
const TOKEN = /^[\w-]{43}$/;

type RecordStore = Pick<Store, 'putRecord' | 'readRecords' | 'deleteRecord'>;

export interface ConsoleSession {
  readonly user: string;
  readonly account: string;
  /** Of the main account, which administers everything. */
  readonly main: boolean;
  /** Milliseconds since 1970, if nothing is asked until then. */
  readonly expiresAt: number;
}

interface Kept {
  readonly user: string;
  readonly account: string;
  readonly proof: string;
  /** Of the documents by which it was opened. */
  readonly revision: number;
  readonly createdAt: number;
  readonly seenAt: number;
}

export class ConsoleSessions {
  constructor(private readonly store: RecordStore, private readonly now: () => number = Date.now) {}

  /** For a user whose password was right. */
  async open({ manifest, revision }: InstanceView, user: ConsoleUserView): Promise<{ readonly token: string; readonly session: ConsoleSession }> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.now();
    const kept: Kept = { user: user.name, account: user.account, proof: proofOf(token, user), revision, createdAt: now, seenAt: now };
    // it stands before it is listed: one that does not stand is taken off the list
    await this.put(idOf(token), kept, 0);
    await this.list(user.name, idOf(token), now);
    return { token, session: shown(kept, manifest) };
  }

  /** Null: there is none, it has ended, or its user is not what it was. */
  async find({ consoleUsers, manifest, revision }: InstanceView, token: string): Promise<ConsoleSession | null> {
    if (!TOKEN.test(token)) return null;
    const [record] = await this.store.readRecords(SESSION_KIND, [idOf(token)]);
    if (record === undefined) return null;
    const kept = JSON.parse(record.value) as Kept;
    const now = this.now();
    const user = consoleUsers.get(kept.user);
    if (endOf(kept) <= now || user === undefined || user.account !== kept.account || !equalInConstantTime(kept.proof, proofOf(token, user))) {
      // a replica that is behind may not know its user yet
      if (revision >= kept.revision) await this.store.deleteRecord(SESSION_KIND, record.id, record.version);
      return null;
    }
    return shown(now - kept.seenAt < RENEWED_AFTER_MS ? kept : await this.renew(record, { ...kept, seenAt: now }), manifest);
  }

  async close(token: string): Promise<void> {
    if (TOKEN.test(token)) await this.store.deleteRecord(SESSION_KIND, idOf(token), null);
  }

  /** Another request may have done so at the same moment: then nothing is to be done. */
  private async renew({ id, version }: NamedRecord, kept: Kept): Promise<Kept> {
    await this.put(id, kept, version);
    return kept;
  }

  private async put(id: string, kept: Kept, expectedVersion: number): Promise<void> {
    await this.store.putRecord({ kind: SESSION_KIND, id, value: JSON.stringify(kept), expectedVersion, expiresAt: endOf(kept), priority: 'vital' });
  }

  /** Enters a session into the list of its user, and ends the oldest ones beyond the bound. */
  private async list(user: string, id: string, now: number): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [record] = await this.store.readRecords(USER_KIND, [user]);
      const known = record === undefined ? [] : (JSON.parse(record.value) as string[]);
      // those that were logged out or have run out must not end one that stands
      const records = await this.store.readRecords(SESSION_KIND, known);
      const ids = [...known.filter((_, index) => records[index] !== undefined), id];
      const value = JSON.stringify(ids.slice(-SESSIONS_A_USER));
      if (await this.store.putRecord({ kind: USER_KIND, id: user, value, expectedVersion: record?.version ?? 0, expiresAt: now + LONGEST_MS, priority: 'vital' }) === null) continue;
      for (const old of ids.slice(0, -SESSIONS_A_USER)) await this.store.deleteRecord(SESSION_KIND, old, null);
      return;
    }
    await this.store.deleteRecord(SESSION_KIND, id, null);
    throw new SessionsContendedError();
  }
}

/** Many log in as one user at the same moment. */
export class SessionsContendedError extends Error {
  override readonly name = 'SessionsContendedError';
}

function endOf({ createdAt, seenAt }: Kept): number {
  return Math.min(seenAt + IDLE_MS, createdAt + LONGEST_MS);
}

function shown(kept: Kept, { accounts }: InstanceView['manifest']): ConsoleSession {
  const { user, account } = kept;
  return { user, account, main: accounts.some(({ name, main }) => main && name === account), expiresAt: endOf(kept) };
}

function idOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function proofOf(token: string, { password }: ConsoleUserView): string {
  return createHmac('sha256', token).update(password).digest('base64url');
}
