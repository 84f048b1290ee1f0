/** Where usage is kept as named records of the store, and for how long. */
import type { NamedRecord, PutNamedRecord, Store } from '../store/contract';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const FIVE_MINUTES_MS = 5 * MINUTE_MS;
export const HOUR_MS = 60 * MINUTE_MS;

/** Minutes are kept for a report of 3 hours, five minutes for one of a day, each and a little more. */
export const MINUTES_KEPT_MS = 3 * HOUR_MS + 15 * MINUTE_MS;
export const KEPT_MS = 26 * HOUR_MS;

/** How often a gateway writes: what it loses at most when it dies. */
export const FLUSH_MS = 10 * SECOND_MS;

/** Counts by size, begin and gateway; connections and subscriptions likewise; gateways that wrote in an hour, by its begin. */
export const USAGE_KIND = 'usage';
export const LOAD_KIND = 'load';
export const WRITERS_KIND = 'writers';

export function recordId(sizeMs: number, at: number, gatewayId: string): string {
  return `${sizeMs / MINUTE_MS}/${at}/${gatewayId}`;
}

export type RecordStore = Pick<Store, 'putRecord' | 'readRecords'>;

/** Of direct push: one gateway, nothing is stored. */
export class MemoryRecords implements RecordStore {
  private readonly kinds = new Map<string, Map<string, NamedRecord>>();
  private version = 0;

  constructor(private readonly now: () => number = Date.now) {}

  async putRecord({ kind, id, value, expectedVersion, expiresAt = null }: PutNamedRecord): Promise<number | null> {
    let records = this.kinds.get(kind);
    if (records === undefined) this.kinds.set(kind, records = new Map());
    const now = this.now();
    for (const [each, record] of records) if (hasExpired(record, now)) records.delete(each);
    if (expectedVersion !== null && expectedVersion !== (records.get(id)?.version ?? 0)) return null;
    records.set(id, { id, value, version: ++this.version, expiresAt });
    return this.version;
  }

  async readRecords(kind: string, ids: readonly string[]): Promise<readonly (NamedRecord | undefined)[]> {
    const now = this.now();
    return ids.map((id) => {
      const record = this.kinds.get(kind)?.get(id);
      return record === undefined || hasExpired(record, now) ? undefined : record;
    });
  }
}

function hasExpired({ expiresAt }: NamedRecord, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}
