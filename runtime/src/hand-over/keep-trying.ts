/**
 * After a refusal the hand-over container tries on, so that deploying again, unchanged, succeeds once the cause is mended.
 * A deploy creates the next container before it destroys this one: as soon as somebody else has handed over what this one
 * stands for, it stays silent, or its old documents would win.
 */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Documents } from '../store/contract';
import type { Incoming } from './decide';
import { runHandOver, type HandOverRun } from './run';
import type { Answer } from './take-in';

const AGAIN_MS = 2_000;

export interface KeepTrying extends Omit<HandOverRun, 'stillOurs'> {
  readonly againMs?: number;
  /** The first answer, and every one that differs from the one before. */
  onAnswer(answer: Answer): void;
}

/** Resolves when the documents were accepted or somebody else's took their place; rejects only when aborted. */
export async function keepTrying(run: KeepTrying): Promise<void> {
  const watch = new PlaceWatch(run.incoming);
  let before: Answer | undefined;
  for (;;) {
    const answer = await runHandOver({ ...run, patienceMs: before ? undefined : run.patienceMs, stillOurs: (current) => watch.stillOurs(current) });
    if (watch.lost) return;
    if (!isDeepStrictEqual(answer, before)) run.onAnswer(answer);
    if (answer.accepted) return;
    before = answer;
    await sleep(run.againMs ?? AGAIN_MS, undefined, { signal: run.signal });
  }
}

/** Notices that the part of the documents which a hand-over writes was written by another one since it began. */
class PlaceWatch {
  lost = false;
  private first: unknown;
  private seen = false;

  constructor(private readonly incoming: Incoming) {}

  stillOurs(current: Documents): boolean {
    const now = this.partOf(current);
    if (!this.seen) {
      this.seen = true;
      this.first = now;
    }
    this.lost = !isDeepStrictEqual(now, this.first);
    return !this.lost;
  }

  /** Another instance's or storage's documents are not in our place: they are what we may be waiting for to go. */
  private partOf({ storage, instance }: Documents): unknown {
    const ours = this.incoming;
    return [
      ours.storage !== null && storage?.storageId === ours.storage.storageId ? storage : null,
      ours.instance !== null && instance?.instanceId === ours.instance.instanceId ? instance : null,
    ];
  }
}
