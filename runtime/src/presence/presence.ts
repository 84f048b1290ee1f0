/**
 * Who is connected where, told through the store, so that every gateway can answer for all of them (product.md, 3). Each
 * gateway writes what it holds in buckets of clients, as records that run out with it; nothing of it is on a client's way:
 * a bucket is written a second after it changed, and once in a while for the last activity of its clients.
 */
import type { ListenerName } from '../../../lib/manifest/manifest';
import type { EventLogger } from '../events';
import type { Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';

export const PRESENCE_KIND = 'presence';
/** Its notice closes a connection on whichever gateway holds it; the record itself says nothing. */
export const KICK_KIND = 'kick';

/** 10,000 clients make records of some 20 KB. */
const BUCKETS = 64;
const INTERVAL_MS = 1_000;
/** How old a last activity may be. */
const REFRESH_MS = 30_000;
/** A gateway that died is told by its lease; its records go later. */
const KEPT_MS = 3 * REFRESH_MS;

export interface Present {
  readonly clientId: string;
  readonly group: string | null;
  readonly address: string;
  readonly listener: ListenerName;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  readonly lastActivityAt: number;
  /** Parent topics that it subscribes to. */
  readonly logs: readonly string[];
}

export interface PublisherOptions {
  readonly store: Pick<Store, 'engine' | 'putRecord' | 'deleteRecord'>;
  readonly gatewayId: string;
  readonly logger: EventLogger;
  present(): Iterable<Present>;
  /** Another text whenever somebody came, went, or changed its subscriptions: while it stays, nobody is looked at. */
  version(): string;
}

interface Written { readonly fingerprint: string; readonly at: number }

export class PresencePublisher {
  private timer: NodeJS.Timeout | null = null;
  private running = false;
  private readonly written = new Map<number, Written>();
  private seen = { version: '', at: 0 };

  constructor(private readonly options: PublisherOptions) {}

  start(): void {
    // direct push has one gateway, which asks itself
    if (this.options.store.engine === 'none') return;
    this.timer = setInterval(() => void this.round(), INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async round(): Promise<void> {
    if (this.running) return;
    const now = Date.now();
    const version = this.options.version();
    if (this.seen.version === version && now - this.seen.at < REFRESH_MS) return;
    this.running = true;
    try {
      const buckets = new Map<number, Present[]>();
      for (const each of this.options.present()) {
        const bucket = bucketOf(each.clientId);
        const others = buckets.get(bucket);
        if (others === undefined) buckets.set(bucket, [each]);
        else others.push(each);
      }
      for (const bucket of new Set([...buckets.keys(), ...this.written.keys()])) await this.write(bucket, buckets.get(bucket) ?? [], now);
      this.seen = { version, at: now };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) this.options.logger.warn({ error: (error as Error).message }, 'presence-failed');
    } finally {
      this.running = false;
    }
  }

  private async write(bucket: number, clients: readonly Present[], now: number): Promise<void> {
    const { store, gatewayId } = this.options;
    const id = recordId(gatewayId, bucket);
    if (clients.length === 0) {
      await store.deleteRecord(PRESENCE_KIND, id, null);
      this.written.delete(bucket);
      return;
    }
    // whatever but the last activity
    const fingerprint = clients.map(({ clientId, connectedAt, logs }) => `${clientId}\n${connectedAt}\n${logs.join('/')}`).join('\0');
    const before = this.written.get(bucket);
    if (before !== undefined && before.fingerprint === fingerprint && now - before.at < REFRESH_MS) return;
    await store.putRecord({ kind: PRESENCE_KIND, id, value: JSON.stringify(clients), expectedVersion: null, expiresAt: now + KEPT_MS, priority: 'vital' });
    this.written.set(bucket, { fingerprint, at: now });
  }
}

export interface Located extends Present { readonly gatewayId: string }

/** What the gateways told of these clients, or of all; a client that is told twice is where it connected last. */
export async function readPresence(store: Pick<Store, 'readRecords'>, gatewayIds: readonly string[], clientIds?: readonly string[]): Promise<Map<string, Located>> {
  const wanted = clientIds && new Set(clientIds);
  const buckets = clientIds ? [...new Set(clientIds.map(bucketOf))] : Array.from({ length: BUCKETS }, (_, n) => n);
  const places = gatewayIds.flatMap((gatewayId) => buckets.map((bucket) => ({ gatewayId, id: recordId(gatewayId, bucket) })));
  const records = await store.readRecords(PRESENCE_KIND, places.map(({ id }) => id));
  const found = new Map<string, Located>();
  records.forEach((record, i) => {
    if (record === undefined) return;
    for (const each of JSON.parse(record.value) as Present[]) {
      if (wanted === undefined || wanted.has(each.clientId)) newest(found, { ...each, gatewayId: places[i]!.gatewayId });
    }
  });
  return found;
}

export function newest(found: Map<string, Located>, each: Located): void {
  const known = found.get(each.clientId);
  if (known === undefined || known.connectedAt <= each.connectedAt) found.set(each.clientId, each);
}

function recordId(gatewayId: string, bucket: number): string {
  return `${gatewayId}/${bucket}`;
}

function bucketOf(clientId: string): number {
  let hash = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < clientId.length; i++) hash = Math.imul(hash ^ clientId.charCodeAt(i), 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) % BUCKETS; // unsigned: else half of them would be below 0
}
