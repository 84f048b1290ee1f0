/**
 * Documents, named values and named records: what direct push keeps beyond the process, where a file is given. Changes that
 * wait are written together (group commit); one is done, and seen by whoever reads, when the disk has it.
 */
import type { Documents, NamedRecord, NamedRecordPage, PutNamedRecord } from '../contract';
import { recordsExceeded } from '../shared/records-exceeded';
import { KeptLog } from './kept-log';
import { Draft, hasExpired, KeptState, type Change } from './kept-state';

interface Waiting {
  /** What it refuses is answered when the others are done. */
  judge(draft: Draft): void;
  done(): void;
  refuse(error: Error): void;
}

export class Kept {
  private state = new KeptState();
  private log: KeptLog | undefined;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  /** `changed`: after each change, in their order. */
  constructor(private readonly changed: (change: Change) => void) {}

  open(file: string): void {
    const log = new KeptLog(file);
    const changes = log.read();
    this.log = log;
    if (changes === undefined) return;
    this.state = new KeptState();
    for (const change of changes) this.state.apply(change);
  }

  async close(): Promise<void> {
    await this.running;
    await this.log?.close();
  }

  get documents(): Documents {
    return this.state.documents;
  }

  writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): Promise<boolean> {
    const documents = { ...structuredClone(next), revision: expectedRevision + 1 };
    return this.change((draft) => {
      if (draft.documents.revision !== expectedRevision) return false;
      draft.add({ documents });
      return true;
    });
  }

  keepValue(name: string, value: string): Promise<string> {
    return this.change((draft) => {
      const kept = draft.value(name);
      if (kept === undefined) draft.add({ value: [name, value] });
      return kept ?? value;
    });
  }

  putRecord({ kind, id, value, expectedVersion, expiresAt = null, owner }: PutNamedRecord, now: number): Promise<number | null> {
    return this.change((draft) => {
      const before = draft.record(kind, id);
      const current = living(before, now)?.version ?? 0;
      if (expectedVersion !== null && expectedVersion !== current) return null;
      if (owner !== undefined && owner.name !== before?.owner && draft.owned(kind, owner.name) >= owner.most) throw recordsExceeded(kind, owner);
      const revision = draft.revision(kind) + 1;
      draft.add({ kind, revision, record: { id, value, version: revision, expiresAt, ...(owner && { owner: owner.name }) } });
      return revision;
    });
  }

  deleteRecord(kind: string, id: string, expectedVersion: number | null, now: number): Promise<boolean> {
    return this.change((draft) => {
      const record = living(draft.record(kind, id), now);
      if (record === undefined || (expectedVersion !== null && record.version !== expectedVersion)) return false;
      draft.add({ kind, revision: draft.revision(kind) + 1, removed: id });
      return true;
    });
  }

  record(kind: string, id: string, now: number): NamedRecord | undefined {
    const found = living(this.state.record(kind, id), now);
    return found && { id, value: found.value, version: found.version, expiresAt: found.expiresAt };
  }

  page(kind: string, after: string | null, limit: number, now: number): NamedRecordPage {
    const all = this.state.ids(kind);
    const from = after === null ? 0 : firstAbove(all, after);
    const ids = all.slice(from, from + limit);
    return { records: ids.flatMap((id) => this.record(kind, id, now) ?? []), next: ids.length < limit ? null : ids.at(-1)! };
  }

  revision(kind: string): number {
    return this.state.revision(kind);
  }

  /** The file is rid of them when it is written anew. */
  expire(now: number): number {
    return this.state.expire(now);
  }

  private change<T>(judge: (draft: Draft) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let settle: () => void;
      this.waiting.push({
        judge: (draft) => {
          try {
            const answer = judge(draft);
            settle = () => resolve(answer);
          } catch (error) {
            settle = () => reject(error as Error);
          }
        },
        done: () => settle(), refuse: reject,
      });
      this.running ??= this.commits();
    });
  }

  private async commits(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.commit(batch);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { refuse } of batch) refuse(error as Error);
      }
    }
    // here and not later: what comes next must find nobody at work
    this.running = undefined;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const draft = new Draft(this.state);
    for (const { judge } of batch) judge(draft);
    if (draft.changes.length > 0) await this.log?.append(draft.changes, this.state);
    for (const change of draft.changes) {
      this.state.apply(change);
      this.changed(change);
    }
  }
}

function living(record: NamedRecord | undefined, now: number): NamedRecord | undefined {
  return record === undefined || hasExpired(record, now) ? undefined : record;
}

/** Position of the first id behind this one. */
function firstAbove(ids: readonly string[], after: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
