/**
 * How many log-ins may be tried: for each address in this process, and for each name over all replicas. Names are counted in
 * a fixed number of records by their hash, known and unknown ones alike: the store holds no more of them however many names are
 * tried, and neither an answer nor its time tells which users exist.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Rate, Store } from '../store/contract';
import { takeRate } from '../store/shared/rate';

export const ATTEMPT_KIND = 'console-attempts';

/** Tries in a row, and how many more there are a second. */
export const OF_A_NAME: Rate = { burst: 10, perSecond: 1 / 6 };
export const OF_AN_ADDRESS: Rate = { burst: 30, perSecond: 1 / 2 };
export const RECORDS = 256;
const ADDRESSES = 10_000;
const ATTEMPTS = 5;

type RecordStore = Pick<Store, 'putRecord' | 'readRecords' | 'deleteRecord'>;

export class LoginLimits {
  /** When each would be unused again, the one that asked longest ago first. */
  private readonly addresses = new Map<string, number>();

  constructor(private readonly store: RecordStore, private readonly now: () => number = Date.now) {}

  /** Counts a try before it is judged, so that tries side by side count too. Milliseconds to wait; 0: it may be made. */
  async take(address: string, user: string): Promise<number> {
    return this.takeOfAddress(networkOf(address)) || this.takeOfName(recordOf(user));
  }

  /** The password was right. */
  async forgive(address: string, user: string): Promise<void> {
    this.addresses.delete(networkOf(address));
    await this.store.deleteRecord(ATTEMPT_KIND, recordOf(user), null);
  }

  private takeOfAddress(address: string): number {
    const { unusedAt, wait } = takeRate(this.addresses.get(address) ?? 0, this.now(), OF_AN_ADDRESS);
    if (wait > 0) return wait;
    this.addresses.delete(address);
    this.addresses.set(address, unusedAt);
    if (this.addresses.size > ADDRESSES) this.addresses.delete(this.addresses.keys().next().value!);
    return 0;
  }

  private async takeOfName(id: string): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [record] = await this.store.readRecords(ATTEMPT_KIND, [id]);
      const { unusedAt, wait } = takeRate(Number(record?.value ?? 0) || 0, this.now(), OF_A_NAME);
      if (wait > 0) return wait;
      const value = String(unusedAt);
      if (await this.store.putRecord({ kind: ATTEMPT_KIND, id, value, expectedVersion: record?.version ?? 0, expiresAt: Math.ceil(unusedAt), priority: 'vital' }) !== null) return 0;
    }
    return 1_000; // many try at the same moment
  }
}

/** Who has one IPv6 address has 2^64 of them. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('%')[0]!.toLowerCase().split('::') as [string, string?];
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ? tail.split(':') : [])];
  return `${all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

function recordOf(user: string): string {
  return String(createHash('sha256').update(user).digest().readUInt16BE() % RECORDS);
}
