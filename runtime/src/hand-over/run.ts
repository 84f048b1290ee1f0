/**
 * The hand-over that explains itself and can be repeated. A store that is away is not an answer: it tries again, and
 * says so less and less often. Everything else is an answer, which is the last line that it logs; a deployment reads that line.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreConfigurationError, StoreUnavailableError } from '../store/errors';
import type { Store } from '../store/contract';
import type { Logger } from '../logging';
import { retryLog } from '../retry-log';
import { UserError } from '../user-error';
import { takeIn, type Answer, type DocumentPlace, type TakeInRequest } from './take-in';

/** What a hand-over needs of a store. */
export interface HandOverStore extends DocumentPlace, Pick<Store, 'close'> {
  /** Resolves when the documents are served; where it is missing, the answer does not wait for that. */
  whenServed?(signal?: AbortSignal): Promise<void>;
  /** Makes what an accepted declaration asks for beside its documents. Repeatable: a failure is tried again with everything else. */
  afterAccepted?(): Promise<void>;
}

export interface HandOverRun extends Omit<TakeInRequest, 'store' | 'onDeleted'> {
  /** Makes an unopened store; called once a try. */
  openStore(): Promise<HandOverStore>;
  readonly logger: Logger;
  readonly retryMs?: number;
  /** A store that is away for longer is refused after all, so that a deploy ends with a sentence; left out: never. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

const RETRY_MS = 2_000;

/** Resolves with an answer; rejects only when aborted, with the store's error when it was away. */
export async function runHandOver(run: HandOverRun): Promise<Answer> {
  const end = Date.now() + (run.patienceMs ?? Infinity);
  const tellRetry = retryLog(run.logger);
  for (;;) {
    run.signal?.throwIfAborted();
    try {
      return await tryOnce(run);
    } catch (error) {
      if (error instanceof StoreConfigurationError || error instanceof UserError) return { accepted: false, hash: run.hash, sentence: error.message, storeUnusable: true };
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (Date.now() > end) return { accepted: false, hash: run.hash, sentence: `the store cannot be reached: ${error.message}; is it running, and may the hand-over's container reach it?` };
      tellRetry(error.message, 'the store is away, trying again');
      // what was waited for says more than that the wait was ended
      await sleep(run.retryMs ?? RETRY_MS, undefined, { signal: run.signal }).catch(() => { throw error; });
    }
  }
}

async function tryOnce(run: HandOverRun): Promise<Answer> {
  const store = await run.openStore();
  try {
    const answer = await takeIn({ ...run, store, onDeleted: (topic) => run.logger.info({ topic }, 'the messages of a removed topic were deleted') });
    if (!answer.accepted) return answer;
    for (const warning of answer.warnings) run.logger.warn(warning);
    await store.afterAccepted?.();
    await store.whenServed?.(run.signal);
    return answer;
  } finally {
    await store.close().catch(() => undefined);
  }
}

/** The last line of a hand-over's log. A deployment shows the sentence to a person, so it stays on one line. */
export function answerLine(answer: Answer): string {
  if (answer.accepted) return `ACCEPTED ${answer.hash}`;
  return `REFUSED ${answer.hash}: ${answer.sentence.replace(/\s+/g, ' ')}`;
}
