import type { ClaimedMessage, SessionKey, SessionProgress, Store } from '../store/contract';
import { FencedError, StoreUnavailableError } from '../store/errors';

/** What the saver needs of a session. */
export interface Progressing {
  readonly key: SessionKey;
  readonly closed: boolean;
  progress(): SessionProgress;
  /** Messages of shares in this progress that are not the session's yet. */
  taken(): readonly ClaimedMessage[];
  /** The store says that somebody else owns the session. */
  fenced(): void;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

const RETRY_MILLISECONDS = 200;

/**
 * Saves the progress of all sessions of the gateway: lazily, once an interval for those that moved, or at once where the
 * protocol must not go on before (QoS 2). Everything that asks within one turn shares a call; one call is in flight, so an
 * older snapshot never overwrites a newer one.
 */
export class ProgressSaver {
  private readonly dirty = new Set<Progressing>();
  private urgent = new Map<Progressing, Waiter[]>();
  private inFlight = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly store: Store, intervalMilliseconds: number) {
    this.timer = setInterval(() => this.saveDirty(), intervalMilliseconds);
    this.timer.unref();
  }

  /** The session moved; its progress will be saved within the interval. */
  touch(session: Progressing): void {
    this.dirty.add(session);
  }

  forget(session: Progressing): void {
    this.dirty.delete(session);
  }

  /** Resolves when the session's progress as of now, or later, is stored; rejects when it never will be. */
  saveNow(session: Progressing): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.urgent.get(session);
      if (waiters === undefined) this.urgent.set(session, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
      if (!this.inFlight && this.urgent.size === 1) setImmediate(() => void this.flush());
    });
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private saveDirty(): void {
    if (this.inFlight || this.dirty.size === 0) return;
    void this.flush();
  }

  private async flush(): Promise<void> {
    if (this.inFlight) return;
    this.inFlight = true;
    const urgent = this.urgent;
    this.urgent = new Map();
    const sessions = new Set([...this.dirty, ...urgent.keys()]);
    this.dirty.clear();
    try {
      const refused = await this.store.saveProgress(
        [...sessions].map((session) => ({ session: session.key, progress: session.progress(), taken: session.taken() })),
      );
      // by client and epoch: after a quick reconnect both the old and the new session of a client may be here
      const keys = new Set(refused.map(textOf));
      const stale = new Set([...sessions].filter(({ key }) => keys.has(textOf(key))));
      for (const session of stale) session.fenced();
      for (const [session, waiters] of urgent) {
        // nothing of a session that is somebody else's may be sent: its client would have what its new owner knows nothing of
        if (stale.has(session)) waiters.forEach(({ reject }) => reject(new FencedError(`the session of ${session.key.clientId} was taken over`)));
        else waiters.forEach(({ resolve }) => resolve());
      }
      this.inFlight = false;
      if (this.urgent.size > 0) setImmediate(() => void this.flush());
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.keepForLater(sessions, urgent);
      else for (const waiters of urgent.values()) waiters.forEach(({ reject }) => reject(error as Error));
      setTimeout(() => {
        this.inFlight = false;
        if (this.urgent.size > 0) void this.flush();
      }, RETRY_MILLISECONDS).unref();
    }
  }

  /** While the store is away the clients keep their connections and wait (B5). */
  private keepForLater(sessions: Iterable<Progressing>, urgent: Map<Progressing, Waiter[]>): void {
    for (const session of sessions) if (!session.closed) this.dirty.add(session);
    for (const [session, waiters] of urgent) {
      if (session.closed) waiters.forEach(({ reject }) => reject(new StoreUnavailableError('the session was closed while the store was away')));
      else this.urgent.set(session, [...waiters, ...(this.urgent.get(session) ?? [])]);
    }
  }
}

function textOf({ clientId, epoch }: SessionKey): string {
  return `${epoch} ${clientId}`;
}
