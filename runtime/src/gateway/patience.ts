/** Waits for a store that is away (B5): says so, and tries again until it is back or somebody stops the process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreConfigurationError, StoreUnavailableError } from '../store/errors';
import type { Logger } from '../logging';
import { retryLog } from '../retry-log';
import { UserError } from '../user-error';

export interface PatienceOptions {
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  readonly retryMs?: number;
  /** The reason of the latest failure; null: it went well. */
  onReason(reason: string | null): void;
}

const RETRY_MS = 1_000;

export async function whileStoreIsAway<T>(what: string, act: () => Promise<T>, { logger, signal, retryMs, onReason }: PatienceOptions): Promise<T> {
  const tellRetry = retryLog(logger);
  for (;;) {
    signal?.throwIfAborted();
    try {
      const result = await act();
      onReason(null);
      return result;
    } catch (error) {
      // trying again would not change the store's settings
      if (error instanceof StoreConfigurationError) throw new UserError(error.message);
      if (!(error instanceof StoreUnavailableError)) throw error;
      onReason(error.message);
      tellRetry(error.message, `the store is away, trying again to ${what}`);
      await sleep(retryMs ?? RETRY_MS, undefined, { signal });
    }
  }
}
