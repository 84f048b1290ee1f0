import type { NamedRecord, NamedRecordPage, PutNamedRecord } from '../contract';
import { recordsExceeded } from '../shared/records-exceeded';

interface Stored extends NamedRecord { readonly owner?: string }

/** All kinds: revision, and records by id. */
export interface KeptRecords {
  readonly [kind: string]: { readonly revision: number; readonly records: readonly Stored[] };
}

interface Kind {
  revision: number;
  readonly records: Map<string, Stored>;
}

/** Named records of the contract. `changed` keeps them beyond the process; what it refuses does not happen. */
export class NamedRecords {
  private kinds = new Map<string, Kind>();

  constructor(private readonly changed: (next: KeptRecords, kind: string, id: string, revision: number) => void) {}

  restore(kept: KeptRecords): void {
    this.kinds = new Map(Object.entries(kept).map(([kind, { revision, records }]) => [kind, { revision, records: new Map(records.map((record) => [record.id, record])) }]));
  }

  kept(): KeptRecords {
    return Object.fromEntries([...this.kinds].map(([kind, { revision, records }]) => [kind, { revision, records: [...records.values()] }]));
  }

  put({ kind, id, value, expectedVersion, expiresAt = null, owner }: PutNamedRecord, now: number): number | null {
    const current = this.read(kind, id, now)?.version ?? 0;
    if (expectedVersion !== null && expectedVersion !== current) return null;
    if (owner !== undefined && [...this.kinds.get(kind)?.records.values() ?? []].filter((each) => each.owner === owner.name && each.id !== id).length >= owner.most) throw recordsExceeded(kind, owner);
    return this.change(kind, id, (version) => ({ id, value, version, expiresAt, ...(owner && { owner: owner.name }) }));
  }

  delete(kind: string, id: string, expectedVersion: number | null, now: number): boolean {
    const record = this.read(kind, id, now);
    if (record === undefined || (expectedVersion !== null && record.version !== expectedVersion)) return false;
    this.change(kind, id, () => undefined);
    return true;
  }

  read(kind: string, id: string, now: number): NamedRecord | undefined {
    const record = this.kinds.get(kind)?.records.get(id);
    if (record === undefined || hasExpired(record, now)) return undefined;
    const { value, version, expiresAt } = record;
    return { id, value, version, expiresAt };
  }

  page(kind: string, after: string | null, limit: number, now: number): NamedRecordPage {
    const ids = [...this.kinds.get(kind)?.records.keys() ?? []].filter((id) => after === null || id > after).sort().slice(0, limit);
    return { records: ids.flatMap((id) => this.read(kind, id, now) ?? []), next: ids.length < limit ? null : ids.at(-1)! };
  }

  revision(kind: string): number {
    return this.kinds.get(kind)?.revision ?? 0;
  }

  expire(now: number): number {
    let expired = 0;
    for (const { records } of this.kinds.values()) {
      for (const record of records.values()) if (hasExpired(record, now) && records.delete(record.id)) expired++;
    }
    return expired;
  }

  private change(kind: string, id: string, next: (version: number) => Stored | undefined): number {
    const before = this.kinds.get(kind);
    const revision = (before?.revision ?? 0) + 1;
    const records = new Map(before?.records);
    const record = next(revision);
    if (record === undefined) records.delete(id);
    else records.set(id, record);
    const kinds = new Map(this.kinds).set(kind, { revision, records });
    const last = this.kinds;
    this.kinds = kinds;
    try {
      this.changed(this.kept(), kind, id, revision);
    } catch (error) {
      this.kinds = last;
      throw error;
    }
    return revision;
  }
}

function hasExpired({ expiresAt }: NamedRecord, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}
