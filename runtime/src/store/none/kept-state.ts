/** What direct push keeps beyond the process, in memory, and the changes that it is made of. */
import type { Documents, NamedRecord } from '../contract';

export interface KeptRecord extends NamedRecord {
  /** Whose it is, where that was said. */
  readonly owner?: string;
}

/** What stands in the log: each says what is the case from then on, so those of one key replace each other. */
export type Change =
  | { readonly documents: Documents }
  | { readonly value: readonly [name: string, value: string] }
  | { readonly kind: string; readonly revision: number; readonly record: KeptRecord }
  | { readonly kind: string; readonly revision: number; readonly removed: string }
  /** Where nothing of a kind is left, its revision is. */
  | { readonly kind: string; readonly revision: number };

/** What a change is judged by. */
export interface KeptView {
  readonly documents: Documents;
  value(name: string): string | undefined;
  record(kind: string, id: string): KeptRecord | undefined;
  /** Grows by one with each change of a record of the kind. */
  revision(kind: string): number;
  /** How many of the kind are of this owner, expired ones too. */
  owned(kind: string, owner: string): number;
}

interface Kind {
  revision: number;
  readonly owned: Map<string, number>;
  readonly records: Map<string, KeptRecord>;
  /** Made when somebody pages. */
  ids?: readonly string[];
}

const NOTHING_HANDED_OVER: Documents = { revision: 0, storage: null, instance: null, sealedSecrets: null, boundTo: null, acceptedHash: null, handOver: null };

export class KeptState implements KeptView {
  documents = NOTHING_HANDED_OVER;
  /** What all of it takes in a file, about. */
  bytes = 0;
  private readonly values = new Map<string, string>();
  private readonly kinds = new Map<string, Kind>();

  value(name: string): string | undefined {
    return this.values.get(name);
  }

  record(kind: string, id: string): KeptRecord | undefined {
    return this.kinds.get(kind)?.records.get(id);
  }

  revision(kind: string): number {
    return this.kinds.get(kind)?.revision ?? 0;
  }

  owned(kind: string, owner: string): number {
    return this.kinds.get(kind)?.owned.get(owner) ?? 0;
  }

  /** In order. */
  ids(kind: string): readonly string[] {
    const found = this.kinds.get(kind);
    return found === undefined ? [] : found.ids ??= [...found.records.keys()].sort();
  }

  apply(change: Change): void {
    if ('documents' in change) {
      this.weigh({ documents: this.documents }, change);
      this.documents = change.documents;
    } else if ('value' in change) {
      const [name, value] = change.value;
      const before = this.values.get(name);
      this.weigh(before === undefined ? undefined : { value: [name, before] }, change);
      this.values.set(name, value);
    } else {
      const kind = this.kindOf(change.kind);
      kind.revision = change.revision;
      if ('record' in change) this.put(change.kind, kind, change);
      else if ('removed' in change) this.drop(change.kind, kind, change.removed);
    }
  }

  /** Removes what has expired by then. That is said again at any other time, so it is not a change. */
  expire(now: number): number {
    let expired = 0;
    for (const [name, kind] of this.kinds) {
      for (const record of kind.records.values()) {
        if (!hasExpired(record, now)) continue;
        this.drop(name, kind, record.id);
        expired++;
      }
    }
    return expired;
  }

  /** Everything, as if it had just been changed to that. */
  *changes(): Generator<Change, void> {
    yield { documents: this.documents };
    for (const value of this.values) yield { value };
    for (const [kind, { revision, records }] of this.kinds) {
      yield { kind, revision };
      for (const record of records.values()) yield { kind, revision, record };
    }
  }

  private put(name: string, kind: Kind, change: Change & { readonly record: KeptRecord }): void {
    const { record } = change;
    const before = kind.records.get(record.id);
    this.weigh(before && { kind: name, revision: kind.revision, record: before }, change);
    if (before === undefined) delete kind.ids;
    count(kind.owned, before?.owner, -1);
    count(kind.owned, record.owner, 1);
    kind.records.set(record.id, record);
  }

  private drop(name: string, kind: Kind, id: string): void {
    const record = kind.records.get(id);
    if (record === undefined) return;
    this.weigh({ kind: name, revision: kind.revision, record }, undefined);
    delete kind.ids;
    count(kind.owned, record.owner, -1);
    kind.records.delete(id);
  }

  private weigh(before: Change | undefined, after: Change | undefined): void {
    this.bytes += sizeOf(after) - sizeOf(before);
  }

  private kindOf(name: string): Kind {
    const kind = this.kinds.get(name) ?? { revision: 0, owned: new Map<string, number>(), records: new Map<string, KeptRecord>() };
    this.kinds.set(name, kind);
    return kind;
  }
}

/** Changes that are not kept yet, over what is. */
export class Draft implements KeptView {
  readonly changes: Change[] = [];
  private readonly values = new Map<string, string>();
  private readonly revisions = new Map<string, number>();
  /** By kind and id; undefined: removed. */
  private readonly records = new Map<string, KeptRecord | undefined>();
  /** How many more each owner has, by kind and owner. */
  private readonly more = new Map<string, number>();
  private ownDocuments: Documents | undefined;

  constructor(private readonly base: KeptView) {}

  get documents(): Documents {
    return this.ownDocuments ?? this.base.documents;
  }

  value(name: string): string | undefined {
    return this.values.get(name) ?? this.base.value(name);
  }

  record(kind: string, id: string): KeptRecord | undefined {
    const key = keyOf(kind, id);
    return this.records.has(key) ? this.records.get(key) : this.base.record(kind, id);
  }

  revision(kind: string): number {
    return this.revisions.get(kind) ?? this.base.revision(kind);
  }

  add(change: Change): void {
    this.changes.push(change);
    if ('documents' in change) this.ownDocuments = change.documents;
    else if ('value' in change) this.values.set(...change.value);
    else {
      this.revisions.set(change.kind, change.revision);
      if ('record' in change) this.replace(change.kind, change.record.id, change.record);
      else if ('removed' in change) this.replace(change.kind, change.removed, undefined);
    }
  }

  owned(kind: string, owner: string): number {
    return this.base.owned(kind, owner) + (this.more.get(keyOf(kind, owner)) ?? 0);
  }

  private replace(kind: string, id: string, record: KeptRecord | undefined): void {
    for (const [owner, difference] of [[this.record(kind, id)?.owner, -1], [record?.owner, 1]] as const) count(this.more, owner === undefined ? owner : keyOf(kind, owner), difference);
    this.records.set(keyOf(kind, id), record);
  }
}

function count(counts: Map<string, number>, key: string | undefined, difference: number): void {
  if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + difference);
}

export function hasExpired({ expiresAt }: NamedRecord, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function keyOf(kind: string, id: string): string {
  return JSON.stringify([kind, id]);
}

function sizeOf(change: Change | undefined): number {
  return change === undefined ? 0 : Buffer.byteLength(JSON.stringify(change));
}
