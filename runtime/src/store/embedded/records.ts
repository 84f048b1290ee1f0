import type { Documents, GatewayRecord, Rate } from '../contract';
import { takeRate } from '../shared/rate';
import { Clock } from './clock';
import { KIND, kindKey, textKey } from './keys';
import { putNotice } from './notices';
import type { Table } from './table';

const NO_DOCUMENTS: Documents = { revision: 0, storage: null, instance: null, sealedSecrets: null, boundTo: null, acceptedHash: null, handOver: null };

interface Leased<T> {
  readonly value: T;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Small records that are read rarely: documents, kept values, gateways, leases. Methods run inside a step or a read. */
export class Records {
  constructor(private readonly state: Table) {}

  documents(): Documents {
    return this.state.getJson<Documents>(kindKey(KIND.documents)) ?? NO_DOCUMENTS;
  }

  writeDocuments(next: Omit<Documents, 'revision'>, expectedRevision: number): boolean {
    if (this.documents().revision !== expectedRevision) return false;
    const revision = expectedRevision + 1;
    this.state.putJson(kindKey(KIND.documents), { ...next, revision } satisfies Documents);
    const clock = Clock.read(this.state);
    putNotice(this.state, clock, { kind: 'documents', revision });
    clock.save();
    return true;
  }

  keepValue(name: string, value: string): string {
    const key = textKey(KIND.value, name);
    const kept = this.state.get(key);
    if (kept !== undefined) return kept.toString();
    this.state.put(key, Buffer.from(value));
    return value;
  }

  /** False: it had no lease until now. */
  heartbeat(record: GatewayRecord, now: number, milliseconds: number): boolean {
    const key = textKey(KIND.gateway, record.gatewayId);
    const stood = (this.state.getJson<Leased<GatewayRecord>>(key)?.until ?? 0) > now;
    this.state.putJson(key, { value: record, until: now + milliseconds } satisfies Leased<GatewayRecord>);
    return stood;
  }

  gateways(now: number): GatewayRecord[] {
    return this.allGateways().filter(({ until }) => until > now).map(({ value }) => value);
  }

  /** Gateways that ended without a word, with the time of their end. */
  deadGateways(now: number): { gatewayId: string; until: number }[] {
    return this.allGateways().filter(({ until }) => until <= now).map(({ value, until }) => ({ gatewayId: value.gatewayId, until }));
  }

  /** Milliseconds since 1970 at which its lease ran out; undefined: it lives, or never said that it did. */
  deadSince(gatewayId: string, now: number): number | undefined {
    const record = this.state.getJson<Leased<GatewayRecord>>(textKey(KIND.gateway, gatewayId));
    return record === undefined || record.until > now ? undefined : record.until;
  }

  /** It is gone but has left something to be ended. */
  endGateway(gatewayId: string, now: number): void {
    this.state.putJson(textKey(KIND.gateway, gatewayId), { value: { gatewayId }, until: now } satisfies Leased<Pick<GatewayRecord, 'gatewayId'>>);
    this.state.remove(textKey(KIND.batch, gatewayId));
  }

  removeGateway(gatewayId: string): void {
    this.state.remove(textKey(KIND.gateway, gatewayId));
    this.state.remove(textKey(KIND.batch, gatewayId));
  }

  /** `free`: whoever holds it is known to have ended. */
  lease(name: string, holder: string, now: number, until: number, free = false): boolean {
    const key = textKey(KIND.lease, name);
    const held = this.state.getJson<Leased<string>>(key);
    if (held !== undefined && !free && held.until > now && held.value !== holder) return false;
    this.state.putJson(key, { value: holder, until } satisfies Leased<string>);
    return true;
  }

  /** Leases that ran out say nothing any more: anybody may take them. */
  forgetLeases(now: number, limit: number): void {
    const gone = this.state.withPrefix(kindKey(KIND.lease)).filter(({ value }) => (JSON.parse(value.toString()) as Leased<string>).until <= now);
    for (const { key } of gone.slice(0, limit)) this.state.remove(key);
  }

  takeRate(name: string, rate: Rate, now: number): number {
    const key = textKey(KIND.rate, name);
    const { unusedAt, wait } = takeRate(this.state.getJson<number>(key) ?? 0, now, rate);
    if (wait === 0) this.state.putJson(key, unusedAt);
    return wait;
  }

  /** Rates that are unused count as if they had never been taken. */
  forgetRates(now: number): void {
    for (const { key, value } of this.state.withPrefix(kindKey(KIND.rate))) if (JSON.parse(value.toString()) <= now) this.state.remove(key);
  }

  leaseHolder(name: string): string | undefined {
    return this.state.getJson<Leased<string>>(textKey(KIND.lease, name))?.value;
  }

  private allGateways(): Leased<GatewayRecord>[] {
    return this.state.withPrefix(kindKey(KIND.gateway)).map(({ value }) => JSON.parse(value.toString()) as Leased<GatewayRecord>);
  }
}
