/** Changes what the API made, in the documents beside the declaration, by compare-and-set. */
import type { TopicDeclaration } from '../../../lib/manifest/manifest';
import { finishDeletions } from '../hand-over/deletions';
import { notesOf } from '../hand-over/generation';
import type { Documents, MadeThings } from '../store/contract';
import type { Serving } from './context';
import { ProblemError } from './problem';

/** Documents change rarely; a writer that loses this often has met something else. */
const ATTEMPTS = 20;

export interface Change {
  readonly made: MadeThings;
  /** Logs of removed topics whose policy says destroy (I5). */
  readonly destroyed?: readonly string[];
}

/** Judges and changes on what stands in the store, then has this gateway take it in, so that the next request meets it. */
export async function changeMade({ store, refresh }: Serving, change: (made: MadeThings, documents: Documents) => Change): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const current = await store.readDocuments();
    // what a hand-over that was killed left, before a topic of that name may be made again
    if (await finishDeletions(store, current)) continue;
    const { made, destroyed = [] } = change(current.made ?? { topics: [], groups: [] }, current);
    const { revision, ...documents } = current;
    const next = { ...documents, made, ...(destroyed.length > 0 && { handOver: { ...notesOf(current), deletions: destroyed } }) };
    if (!await store.writeDocuments(next, revision)) continue;
    if (destroyed.length > 0) await finishDeletions(store, { ...next, revision: revision + 1 });
    await refresh();
    return;
  }
  throw new ProblemError('documents-contended', { fix: 'send the request again', retryAfter: 1 });
}

export function declaredTopics({ instance, storage }: Pick<Documents, 'instance' | 'storage'>): readonly TopicDeclaration[] {
  return (instance?.binding ? storage?.topics : instance?.directPushTopics) ?? [];
}
