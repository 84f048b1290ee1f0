/** Changes what the API made, in the documents beside the declaration, by compare-and-set. */
import type { TopicDeclaration } from '../../../lib/manifest/manifest';
import { checkTopicCount } from '../../../lib/rules/limits';
import { finishDeletions } from '../hand-over/deletions';
import { notesOf } from '../hand-over/generation';
import type { Documents, MadeThings, MadeTopic } from '../store/contract';
import type { Serving } from './context';
import { ProblemError, refuseFindings } from './problem';

/** Documents change rarely; a writer that loses this often has met something else. */
const ATTEMPTS = 20;

export interface Change {
  readonly made: MadeThings;
  /** Logs of removed topics whose policy says destroy (I5). */
  readonly destroyed?: readonly string[];
}

/** Judges and changes on what stands in the store, then has this gateway take it in, so that the next request meets it. */
export async function changeMade({ store, refresh }: Pick<Serving, 'store' | 'refresh'>, change: (made: MadeThings, documents: Documents) => Change): Promise<void> {
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
  return storage?.topics ?? instance?.directPushTopics ?? [];
}

/** N2, L4: whoever makes it, the same rules. */
export function withTopic(made: MadeThings, documents: Documents, asked: MadeTopic): Change {
  const all = [...declaredTopics(documents), ...made.topics];
  const taken = all.find(({ name }) => name.toLowerCase() === asked.name.toLowerCase());
  if (taken) throw new ProblemError('topic-exists', { allowed: `a name other than ${taken.name}, ignoring case`, fix: 'choose another name' });
  // a storage that nothing is bound to yet is judged when something is
  if (documents.instance !== null) refuseFindings(checkTopicCount(all.length + 1, documents.instance.limits));
  return { made: { ...made, topics: [...made.topics, asked] } };
}

export function withoutTopic(made: MadeThings, documents: Documents, name: string, mayDelete: (topic: MadeTopic) => boolean): Change {
  if (declaredTopics(documents).some((each) => each.name === name)) throw new ProblemError('topic-declared', { allowed: 'topics that no program declares', fix: 'take it out of the program and deploy' });
  const found = made.topics.find((each) => each.name === name);
  if (!found) throw new ProblemError('topic-unknown');
  if (!mayDelete(found)) throw new ProblemError('account-denied', { allowed: 'topics that this account made' });
  return { made: { ...made, topics: made.topics.filter((each) => each !== found) }, destroyed: found.removalPolicy === 'destroy' ? [name] : [] };
}
