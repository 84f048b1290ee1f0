/** One attempt to hand documents over to an open store: read, decide, write if nobody wrote meanwhile. */
import { isDeepStrictEqual } from 'node:util';
import type { Documents, Store } from '../store/contract';
import { seal, SealError, unseal } from '../seal';
import { decideHandOver, type Accepted, type Incoming } from './decide';

export interface TakeInRequest {
  readonly store: Store;
  readonly storageId: string;
  readonly incoming: Incoming;
  readonly sealingKey: string;
  readonly hash: string;
  /** Asked of the documents that would be replaced; false: nothing is written any more. */
  stillOurs?(current: Documents): boolean;
}

export type Answer =
  | { readonly accepted: true; readonly hash: string; /** Documents were written. */ readonly changed: boolean; readonly destroyedLogs: readonly string[]; readonly warnings: readonly string[] }
  | { readonly accepted: false; readonly hash: string; readonly sentence: string };

/** Hand-overs of one storage are few; a writer that loses this often has met something else. */
const ATTEMPTS = 20;

/** Rejects with the store's errors while it is away; an answer, yes or no, is final for these documents. */
export async function takeIn({ store, storageId, incoming, sealingKey, hash, stillOurs }: TakeInRequest): Promise<Answer> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const current = await store.readDocuments();
    if (stillOurs && !stillOurs(current)) return { accepted: false, hash, sentence: 'a newer hand-over took the place of this one' };
    const decision = decideHandOver(current, incoming);
    if (!decision.accept) return { accepted: false, hash, sentence: decision.sentence };
    const next = toDocuments(decision.next, current, { sealingKey, storageId, hash });
    const changed = !isDeepStrictEqual(next, { ...current, revision: undefined });
    if (!changed || await store.writeDocuments(withoutRevision(next), current.revision)) {
      return { accepted: true, hash, changed, destroyedLogs: decision.next.destroyedLogs, warnings: decision.next.warnings };
    }
  }
  return { accepted: false, hash, sentence: `other hand-overs changed this storage ${ATTEMPTS} times meanwhile; deploy again when they are done` };
}

type Next = Omit<Documents, 'revision'> & { revision: undefined };

function withoutRevision({ revision: _, ...next }: Next): Omit<Documents, 'revision'> {
  return next;
}

function toDocuments(
  { storage, instance, secrets, boundTo }: Accepted,
  current: Documents,
  { sealingKey, storageId, hash }: { sealingKey: string; storageId: string; hash: string },
): Next {
  const clear = secrets ? JSON.stringify(secrets) : undefined;
  // sealing the same text twice gives two texts: keep the stored one, so that an unchanged deploy writes nothing
  const sealedSecrets = clear === undefined || opensTo(current.sealedSecrets, clear, sealingKey, storageId)
    ? current.sealedSecrets
    : seal(clear, sealingKey, storageId);
  return { revision: undefined, storage, instance, sealedSecrets, boundTo, acceptedHash: hash };
}

function opensTo(sealed: string | null, clear: string, sealingKey: string, storageId: string): boolean {
  if (sealed === null) return false;
  try {
    return unseal(sealed, sealingKey, storageId) === clear;
  } catch (error) {
    // another sealing key: a hand-over replaces what it cannot read
    if (error instanceof SealError) return false;
    throw error;
  }
}
