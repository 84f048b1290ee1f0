import type { GatewayRecord, Notice, Rate, StatusEvent } from '../contract';
import { takeRate } from '../shared/rate';
import { Kept } from './kept';
import type { Change } from './kept-state';

const KEPT_NOTICES = 1000;
const KEPT_EVENTS = 1000;
const MANY_LEASES = 1000;
const MANY_RATES = 1000;

interface Leased<T> {
  readonly value: T;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** What is kept, and gateways, leases, notices and status events, while the process lives. */
export class Records {
  readonly kept = new Kept((change) => this.tell(change));
  private readonly leased = new Map<string, Leased<GatewayRecord>>();
  private readonly leases = new Map<string, Leased<string>>();
  private readonly rates = new Map<string, number>();
  private readonly notices: Notice[] = [];
  private readonly events = new Map<string, StatusEvent[]>();
  noticeNumber = 0;
  private manyLeases = MANY_LEASES;

  /** False: it had no lease until now. */
  heartbeat(record: GatewayRecord, now: number, milliseconds: number): boolean {
    const stood = (this.leased.get(record.gatewayId)?.until ?? 0) > now;
    this.leased.set(record.gatewayId, { value: record, until: now + milliseconds });
    return stood;
  }

  gateways(now: number): GatewayRecord[] {
    return [...this.leased.values()].filter(({ until }) => until > now).map(({ value }) => value);
  }

  /** Its lease ran out; one that never had any is not dead. */
  isDead(gatewayId: string, now: number): boolean {
    const leased = this.leased.get(gatewayId);
    return leased !== undefined && leased.until <= now;
  }

  /** What it left is that of a dead one until it is ended. */
  endGateway(gatewayId: string, leftSomething: boolean): void {
    const leased = this.leased.get(gatewayId);
    if (leftSomething) this.leased.set(gatewayId, { value: leased?.value ?? ({ gatewayId } as GatewayRecord), until: 0 });
    else this.leased.delete(gatewayId);
  }

  lease(name: string, holder: string, now: number, until: number): boolean {
    if (this.leases.size >= this.manyLeases) this.forgetLeases(now);
    const held = this.leases.get(name);
    if (held !== undefined && held.until > now && held.value !== holder) return false;
    this.leases.set(name, { value: holder, until });
    return true;
  }

  takeRate(name: string, rate: Rate, now: number): number {
    const { unusedAt, wait } = takeRate(this.rates.get(name) ?? 0, now, rate);
    if (wait === 0) this.rates.set(name, unusedAt);
    if (this.rates.size > MANY_RATES) for (const [other, until] of this.rates) if (until <= now) this.rates.delete(other);
    return wait;
  }

  /** Names may be of one use, such as a nonce. */
  private forgetLeases(now: number): void {
    for (const [name, { until }] of this.leases) if (until <= now) this.leases.delete(name);
    this.manyLeases = MANY_LEASES + 2 * this.leases.size;
  }

  notify(notice: Notice): void {
    this.notices.push(notice);
    this.noticeNumber++;
    if (this.notices.length > KEPT_NOTICES) this.notices.shift();
  }

  noticesAfter(number: number): readonly Notice[] {
    return number >= this.noticeNumber ? [] : this.notices.slice(-(this.noticeNumber - number));
  }

  private tell(change: Change): void {
    if ('documents' in change) this.notify({ kind: 'documents', revision: change.documents.revision });
    else if ('record' in change) this.notify({ kind: 'records', recordKind: change.kind, id: change.record.id, revision: change.revision });
    else if ('removed' in change) this.notify({ kind: 'records', recordKind: change.kind, id: change.removed, revision: change.revision });
  }

  recordStatus(events: readonly StatusEvent[]): void {
    for (const event of events) {
      const kept = this.events.get(event.group) ?? [];
      this.events.set(event.group, kept);
      kept.push(event);
      if (kept.length > KEPT_EVENTS) kept.shift();
    }
  }

  readStatus(group: string, limit: number): readonly StatusEvent[] {
    return limit <= 0 ? [] : (this.events.get(group) ?? []).slice(-limit);
  }
}
