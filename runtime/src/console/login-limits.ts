/**
 * How many log-ins may be tried: for each address in this process, and for each name over all replicas. Names are counted in
 * a fixed number of records by their hash, known and unknown ones alike: the store holds no more of them however many names are
 * tried, and neither an answer nor its time tells which users exist.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Store } from '../store/contract';

export const ATTEMPT_KIND = 'console-attempts';

/** Tries in a row, and how long until there is one more. */
export const OF_A_NAME = { burst: 10, everyMs: 6_000 } as const;
export const OF_AN_ADDRESS = { burst: 30, everyMs: 2_000 } as const;
export const RECORDS = 256;
const ADDRESSES = 10_000;
const ATTEMPTS = 5;

interface Bucket { readonly left: number; readonly at: number }
interface Rate { readonly burst: number; readonly everyMs: number }

type RecordStore = Pick<Store, 'putRecord' | 'readRecords' | 'deleteRecord'>;

export class LoginLimits {
  private readonly addresses = new Map<string, Bucket>();

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
    const now = this.now();
    const taken = take(this.addresses.get(address), OF_AN_ADDRESS, now);
    if (typeof taken === 'number') return taken;
    // the one that asked longest ago goes first
    this.addresses.delete(address);
    this.addresses.set(address, taken);
    if (this.addresses.size > ADDRESSES) this.addresses.delete(this.addresses.keys().next().value!);
    return 0;
  }

  private async takeOfName(id: string): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = this.now();
      const [record] = await this.store.readRecords(ATTEMPT_KIND, [id]);
      const taken = take(record && JSON.parse(record.value) as Bucket, OF_A_NAME, now);
      if (typeof taken === 'number') return taken;
      // by then it is full again
      const expiresAt = now + OF_A_NAME.burst * OF_A_NAME.everyMs;
      if (await this.store.putRecord({ kind: ATTEMPT_KIND, id, value: JSON.stringify(taken), expectedVersion: record?.version ?? 0, expiresAt }) !== null) return 0;
    }
    return 1_000; // many try at the same moment
  }
}

/** What is left after one more, or how long to wait. */
function take(bucket: Bucket | undefined, { burst, everyMs }: Rate, now: number): Bucket | number {
  const left = bucket === undefined ? burst : Math.min(burst, bucket.left + Math.max(0, now - bucket.at) / everyMs);
  return left < 1 ? Math.ceil((1 - left) * everyMs) : { left: left - 1, at: now };
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
