/** One attempt to hand documents over to an open store: read, decide, write if nobody wrote meanwhile. */
import { isDeepStrictEqual } from 'node:util';
import type { Documents, HandOverNotes, Store } from '../store/contract';
import { seal, SealError, unseal } from '../seal';
import { declaredSince } from './declared-since';
import { decideHandOver, type Accepted, type Incoming } from './decide';
import { finishDeletions } from './deletions';
import { notesOf, standingGeneration, type Generation } from './generation';

/** Where documents stand: a store, or the gateway itself when it has none (engine `none`). */
export type DocumentPlace = Pick<Store, 'engine' | 'readDocuments' | 'writeDocuments' | 'deleteLog'> & Partial<Pick<Store, 'limitTo' | 'statistics'>>;

export interface TakeInRequest {
  readonly store: DocumentPlace;
  readonly storageId: string;
  readonly incoming: Incoming;
  readonly sealingKey: string;
  readonly hash: string;
  /** Of a container that may be started again; left out: these documents are the newest, because a person is here. */
  readonly generation?: Generation;
  /** The messages of a removed topic were deleted (I5). */
  onDeleted?(log: string): void;
}

export type Answer =
  | { readonly accepted: true; readonly hash: string; /** Documents were written. */ readonly changed: boolean; readonly warnings: readonly string[] }
  | { readonly accepted: false; readonly hash: string; readonly sentence: string; /** Final: documents of a newer generation stand. */ readonly superseded?: true; /** Not the declaration is at fault. */ readonly storeUnusable?: true };

/** Hand-overs of one storage are few; a writer that loses this often has met something else. */
const ATTEMPTS = 20;

const SUPERSEDED = 'a newer hand-over took the place of this one, so nothing is written; to hand this declaration over again, change it or make this container anew';

/** Rejects with the store's errors while it is away; an answer, yes or no, is final for these documents. */
export async function takeIn({ store, storageId, incoming, sealingKey, hash, generation, onDeleted }: TakeInRequest): Promise<Answer> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const current = await store.readDocuments();
    const standing = standingGeneration(current, incoming);
    const own = generation?.after(standing);
    if (own !== undefined && own < standing) return { accepted: false, hash, sentence: SUPERSEDED, superseded: true };
    if (await finishDeletions(store, current, onDeleted)) continue;
    const decision = decideHandOver({ ...current, heldBytes: await heldBytes(store, current, incoming) }, incoming, store.engine === 'none' ? 'gateway' : 'store');
    if (!decision.accept) return { accepted: false, hash, sentence: decision.sentence };
    const since = declaredSince(current, incoming, Date.now());
    const next = {
      ...toDocuments(decision.next, current, { sealingKey, storageId, hash }),
      ...(since && { declaredSince: since }),
      handOver: { deletions: decision.next.destroyedLogs, generations: generationsOf(current, incoming, own ?? standing) },
    };
    const changed = !isDeepStrictEqual({ ...next, revision: undefined }, { ...current, revision: undefined });
    if (!changed) return { accepted: true, hash, changed, warnings: decision.next.warnings };
    // without a generation of its own it is the next one, so that containers of before are older
    const written = own === undefined ? { ...next, handOver: { ...next.handOver, generations: generationsOf(current, incoming, standing + 1) } } : next;
    if (await store.writeDocuments(written, current.revision)) {
      await finishDeletions(store, { ...written, revision: current.revision + 1 }, onDeleted);
      return { accepted: true, hash, changed, warnings: decision.next.warnings };
    }
  }
  return { accepted: false, hash, sentence: `other hand-overs changed this storage ${ATTEMPTS} times meanwhile; deploy again when they are done` };
}

/** What the storage holds, where its part of a shared store is to become smaller (E6). */
async function heldBytes(store: DocumentPlace, { storage: before }: Documents, { storage: now }: Incoming): Promise<number | undefined> {
  if (!before || now?.limitBytes === undefined || now.limitBytes >= (before.limitBytes ?? Infinity)) return undefined;
  store.limitTo?.(now.limitBytes);
  const statistics = await store.statistics?.();
  return statistics?.limitBytes === now.limitBytes ? statistics.usedBytes : undefined;
}

function generationsOf(current: Documents, { storage, instance }: Incoming, own: number): HandOverNotes['generations'] {
  const { generations: before } = notesOf(current);
  return { storage: storage ? own : before.storage, instance: instance ? own : before.instance };
}

function toDocuments(
  { storage, instance, secrets, boundTo, made }: Accepted,
  current: Documents,
  { sealingKey, storageId, hash }: { sealingKey: string; storageId: string; hash: string },
): Omit<Documents, 'revision' | 'handOver'> {
  const clear = secrets ? JSON.stringify(secrets) : undefined;
  // sealing the same text twice gives two texts: keep the stored one, so that an unchanged deploy writes nothing
  const sealedSecrets = clear === undefined || opensTo(current.sealedSecrets, clear, sealingKey, storageId)
    ? current.sealedSecrets
    : seal(clear, sealingKey, storageId);
  return { storage, instance, sealedSecrets, boundTo, acceptedHash: hash, ...(made && { made }) };
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
