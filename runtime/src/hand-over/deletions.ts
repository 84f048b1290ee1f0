/**
 * Deletes the messages of removed topics whose policy says destroy (I5). What is to be deleted is noted in the documents, in
 * the step that removes the topic, so that whoever hands over next finishes what a killed hand-over began.
 */
import type { Documents } from '../store/contract';
import { notesOf } from './generation';
import type { DocumentPlace } from './take-in';

/**
 * Resolves true when there was something to delete: the documents may be others now. It comes before anything new is
 * declared, so that a topic that is declared again does not lose what is published from then on.
 */
export async function finishDeletions(store: DocumentPlace, current: Documents, onDeleted: (log: string) => void = () => undefined): Promise<boolean> {
  const notes = notesOf(current);
  if (notes.deletions.length === 0) return false;
  for (const log of notes.deletions) {
    await store.deleteLog(log);
    onDeleted(log);
  }
  const { revision, ...documents } = current;
  // somebody else who wrote meanwhile has kept the note or finished it
  await store.writeDocuments({ ...documents, handOver: { ...notes, deletions: [] } }, revision);
  return true;
}
