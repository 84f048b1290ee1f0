import type { NamedRecord, NamedRecordPage, PutNamedRecord } from '../contract';
import { recordsExceeded } from '../shared/records-exceeded';
import { Clock } from './clock';
import { KIND, behind, kindKey, orderedBytes, textKey } from './keys';
import { keyText, readOrdered } from './bytes';
import { putNotice } from './notices';
import type { Table } from './table';

const EXPIRE_STEP = 500;

interface Stored extends NamedRecord { readonly owner?: string }

/** Named records of the contract, with an index by expiry. Methods run inside a step or a read. */
export class NamedRecords {
  constructor(private readonly state: Table) {}

  put({ kind, id, value, expectedVersion, expiresAt = null, owner }: PutNamedRecord, now: number): number | null {
    const before = this.stored(kind, id);
    const current = before === undefined || hasExpired(before, now) ? 0 : before.version;
    if (expectedVersion !== null && expectedVersion !== current) return null;
    if (owner !== undefined && owner.name !== before?.owner && this.owned(kind, owner.name) >= owner.most) throw recordsExceeded(kind, owner);
    if (before !== undefined) this.drop(kind, before);
    const version = this.change(kind, id);
    this.state.putJson(textKey(KIND.record, kind, id), { id, value, version, expiresAt, owner: owner?.name } satisfies Stored);
    this.countOwned(kind, owner?.name, 1);
    if (expiresAt !== null) this.state.putJson(expiryKey(kind, id, expiresAt), [kind, id]);
    return version;
  }

  delete(kind: string, id: string, expectedVersion: number | null, now: number): boolean {
    const record = this.stored(kind, id);
    if (record === undefined || hasExpired(record, now) || (expectedVersion !== null && record.version !== expectedVersion)) return false;
    this.drop(kind, record);
    this.change(kind, id);
    return true;
  }

  read(kind: string, id: string, now: number): NamedRecord | undefined {
    const record = this.stored(kind, id);
    return record === undefined || hasExpired(record, now) ? undefined : shown(record);
  }

  page(kind: string, after: string | null, limit: number, now: number): NamedRecordPage {
    const prefix = textKey(KIND.record, kind);
    const start = after === null ? prefix : Buffer.concat([textKey(KIND.record, kind, after), Buffer.from([0])]);
    const records = Array.from(this.state.entries(start, behind(prefix), limit), ({ value }) => JSON.parse(value.toString()) as Stored);
    return { records: records.filter((record) => !hasExpired(record, now)).map(shown), next: records.length < limit ? null : records.at(-1)!.id };
  }

  revision(kind: string): number {
    const revision = this.state.get(textKey(KIND.recordRevision, kind));
    return revision === undefined ? 0 : readOrdered(revision, 0);
  }

  /** Nobody is told: they counted as absent already. */
  expire(now: number): number {
    const expired = Array.from(this.state.entries(kindKey(KIND.recordExpiry), kindKey(KIND.recordExpiry, orderedBytes(now + 1)), EXPIRE_STEP));
    for (const { value } of expired) {
      const [kind, id] = JSON.parse(value.toString()) as [string, string];
      this.drop(kind, this.stored(kind, id)!);
    }
    return expired.length;
  }

  private stored(kind: string, id: string): Stored | undefined {
    return this.state.getJson<Stored>(textKey(KIND.record, kind, id));
  }

  private drop(kind: string, { id, expiresAt, owner }: Stored): void {
    this.countOwned(kind, owner, -1);
    this.state.remove(textKey(KIND.record, kind, id));
    if (expiresAt !== null) this.state.remove(expiryKey(kind, id, expiresAt));
  }

  private owned(kind: string, owner: string): number {
    const count = this.state.get(textKey(KIND.recordsOwned, kind, owner));
    return count === undefined ? 0 : readOrdered(count, 0);
  }

  private countOwned(kind: string, owner: string | undefined, change: 1 | -1): void {
    if (owner === undefined) return;
    const [key, next] = [textKey(KIND.recordsOwned, kind, owner), this.owned(kind, owner) + change];
    if (next > 0) this.state.put(key, orderedBytes(next));
    else this.state.remove(key);
  }

  /** The kind's next revision, which everybody is told of. */
  private change(kind: string, id: string): number {
    const revision = this.revision(kind) + 1;
    this.state.put(textKey(KIND.recordRevision, kind), orderedBytes(revision));
    const clock = Clock.read(this.state);
    putNotice(this.state, clock, { kind: 'records', recordKind: kind, id, revision });
    clock.save();
    return revision;
  }
}

function shown({ id, value, version, expiresAt }: Stored): NamedRecord {
  return { id, value, version, expiresAt };
}

function expiryKey(kind: string, id: string, expiresAt: number): Buffer {
  return kindKey(KIND.recordExpiry, orderedBytes(expiresAt), keyText(kind), keyText(id));
}

function hasExpired({ expiresAt }: NamedRecord, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}
