/**
 * After a refusal the hand-over container tries on, so that deploying again, unchanged, succeeds once the cause is mended.
 * It ends when it was accepted, or when a newer hand-over was: its own documents would win over newer ones.
 */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Generation } from './generation';
import { runHandOver, type HandOverRun } from './run';
import type { Answer } from './take-in';

const AGAIN_MS = 2_000;

export interface KeepTrying extends HandOverRun {
  readonly generation: Generation;
  readonly againMs?: number;
  /** The first answer, and every one that differs from the one before. */
  onAnswer(answer: Answer): void;
}

/** Resolves with the last answer; rejects only when aborted. */
export async function keepTrying(run: KeepTrying): Promise<void> {
  const { generation, logger } = run;
  let before: Answer | undefined;
  for (;;) {
    const answer = await runHandOver({ ...run, patienceMs: before ? undefined : run.patienceMs });
    if (answer.accepted) generation.markAccepted();
    if (!answer.accepted && answer.superseded) {
      logger.warn({ hash: run.hash }, answer.sentence);
      // what was accepted in its time is no failure now
      return run.onAnswer(generation.accepted ? { accepted: true, hash: run.hash, changed: false, warnings: [] } : answer);
    }
    if (!isDeepStrictEqual(answer, before)) run.onAnswer(answer);
    if (answer.accepted) return;
    before = answer;
    await sleep(run.againMs ?? AGAIN_MS, undefined, { signal: run.signal });
  }
}
