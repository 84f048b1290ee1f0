import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../store/errors';

const RETRY_MILLISECONDS = 200;

/** Reads from the store, again while it is away: the client keeps its connection (B5). Null when the session was closed meanwhile. */
export async function readPatiently<T>(session: { readonly closed: boolean }, read: () => Promise<T>): Promise<T | null> {
  for (;;) {
    if (session.closed) return null;
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await sleep(RETRY_MILLISECONDS, undefined, { ref: false });
    }
  }
}
