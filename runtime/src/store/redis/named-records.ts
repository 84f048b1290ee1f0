import type { NamedRecord, NamedRecordPage, PutNamedRecord } from '../contract';
import { recordsExceeded } from '../shared/records-exceeded';
import type { Argument, Connection } from './connection';
import type { SidePart } from './memory';
import type { Script } from './script';
import { scripts } from './scripts';

/** Records of one call: a fraction of a millisecond of Redis. */
const READ_STEP = 200;
const EXPIRE_STEP = 500;

/** Version, expiry in milliseconds (0: never), value. */
type Stored = Buffer | null;

/** Named records of the contract: `rec`, `recz`, `recv` and `recx` in DESIGN.md. */
export class NamedRecords {
  constructor(private readonly connection: Connection, private readonly prefix: string, private readonly side: SidePart) {}

  async put({ kind, id, value, expectedVersion, expiresAt = null, priority, owner }: PutNamedRecord): Promise<number | null> {
    const script = priority === 'vital' ? scripts.putVitalRecord : scripts.putRecord;
    const version = (await this.run(script, kind, id, expectedVersion ?? '', expiresAt ?? 0, value, priority === 'expendable' ? 1 : 0, owner?.name ?? '', owner?.most ?? 0, this.side.bound(priority ?? 'records'))) as number;
    if (version < 0) throw recordsExceeded(kind, owner!);
    return version === 0 ? null : version;
  }

  async delete(kind: string, id: string, expectedVersion: number | null): Promise<boolean> {
    return (await this.run(scripts.deleteRecord, kind, id, expectedVersion ?? '')) !== 0;
  }

  async read(kind: string, ids: readonly string[]): Promise<(NamedRecord | undefined)[]> {
    const found: (NamedRecord | undefined)[] = [];
    for (let at = 0; at < ids.length; at += READ_STEP) {
      const step = ids.slice(at, at + READ_STEP);
      const [now, ...stored] = (await this.run(scripts.readRecords, kind, ...step)) as [number, ...Stored[]];
      step.forEach((id, i) => found.push(recordOf(id, stored[i]!, now)));
    }
    return found;
  }

  async page(kind: string, after: string | null, limit: number): Promise<NamedRecordPage> {
    const [now, ...flat] = (await this.run(scripts.pageRecords, kind, after === null ? '-' : `(${after}`, limit)) as [number, ...Stored[]];
    const ids = flat.filter((_, i) => i % 2 === 0).map(String);
    const records = ids.flatMap((id, i) => recordOf(id, flat[2 * i + 1]!, now) ?? []);
    return { records, next: ids.length < limit ? null : ids.at(-1)! };
  }

  async revision(kind: string): Promise<number> {
    return Number((await this.connection.call('HGET', `${this.prefix}recv`, kind)) ?? 0);
  }

  async expire(): Promise<number> {
    return (await this.run(scripts.expireRecords, EXPIRE_STEP)) as number;
  }

  private run(script: Script, ...args: Argument[]): Promise<unknown> {
    return this.connection.script(script, this.prefix, ...args);
  }
}

function recordOf(id: string, stored: Stored, now: number): NamedRecord | undefined {
  if (stored === null) return undefined;
  const [, version, expiresAt, value] = /^(\d+) (\d+) (.*)$/s.exec(stored.toString())!;
  const until = Number(expiresAt);
  return until !== 0 && until <= now ? undefined : { id, value: value!, version: Number(version), expiresAt: until === 0 ? null : until };
}
