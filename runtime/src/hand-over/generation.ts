/**
 * Which of two hand-overs is the newer one. Documents cannot tell: an older declaration that is deployed on purpose must win,
 * and a container of an earlier deploy that Docker starts again must not. A deploy that ended early leaves such containers:
 * the one accepted before, perhaps also refused ones, which try on.
 *
 * So every container has a generation: the time at which it was started first. A file keeps it for as long as the container
 * lives, so a container that starts again is as old as it was. The store notes the generation that wrote its documents, in
 * the same step, and an older one writes nothing any more. Where the store was emptied nothing is noted, and whoever comes
 * first hands over.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Type, type Static } from '@sinclair/typebox';
import { readJsonIfThere, unwrap } from '../config/files';
import { checkSchema } from '../manifest/check';
import type { Documents, HandOverNotes } from '../store/contract';
import { UserError } from '../user-error';
import type { Incoming } from './decide';

const schema = Type.Object({
  /** Milliseconds since 1970. */
  startedAt: Type.Integer({ minimum: 0 }),
  generation: Type.Optional(Type.Integer({ minimum: 0 })),
  accepted: Type.Boolean(),
});
type State = Static<typeof schema>;

export class Generation {
  private state: State;

  /** Without a file it is remembered as long as the process lives. */
  constructor(private readonly file?: string, private readonly now: () => number = Date.now) {
    const kept = file === undefined ? undefined : readJsonIfThere(file);
    this.state = kept === undefined ? { startedAt: now(), accepted: false } : unwrap(checkSchema<State>(schema, kept, 'generation of the hand-over'), file ?? '');
    if (kept === undefined) this.save(this.state);
  }

  /** This hand-over was accepted, now or before its process started again. */
  get accepted(): boolean {
    return this.state.accepted;
  }

  /** Settled when it is asked for first, with the generation that stands in the store then. */
  after(standing: number): number {
    const { startedAt, generation } = this.state;
    if (generation !== undefined) return generation;
    // what stands in the future says that this machine's clock is behind: the order of coming is all there is then
    const settled = standing > this.now() ? standing + 1 : startedAt;
    this.save({ ...this.state, generation: settled });
    return settled;
  }

  markAccepted(): void {
    if (!this.state.accepted) this.save({ ...this.state, accepted: true });
  }

  /** Renamed into place: a container that is killed here must start again. */
  private save(state: State): void {
    this.state = state;
    if (this.file === undefined) return;
    try {
      writeFileSync(`${this.file}.new`, JSON.stringify(state));
      renameSync(`${this.file}.new`, this.file);
    } catch (error) {
      throw new UserError(`cannot write ${this.file}, which tells this hand-over from a newer one: ${(error as Error).message}`);
    }
  }
}

const NONE: HandOverNotes = { deletions: [], generations: { storage: 0, instance: 0 } };

/** Documents of an older version have no notes. */
export function notesOf({ handOver }: Pick<Documents, 'handOver'>): HandOverNotes {
  return handOver ?? NONE;
}

/**
 * Generation of what these documents would replace. Those of another instance or storage are not in their place: they are
 * what a refused hand-over may be waiting for to go.
 */
export function standingGeneration(current: Documents, { storage, instance }: Incoming): number {
  const { generations } = notesOf(current);
  return Math.max(
    storage && current.storage?.storageId === storage.storageId ? generations.storage : 0,
    instance && current.instance?.instanceId === instance.instanceId ? generations.instance : 0,
  );
}
