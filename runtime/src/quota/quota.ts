import type { Spec } from '../../../lib/manifest/manifest';
import type { InstanceView } from '../auth/instance-view';
import { EVENTS, type EventName } from '../events';
import type { GatewayRecord } from '../store/contract';
import type { Alarm } from './alarms';
import { Others } from './others';
import { Rate } from './rate';
import { ShareKeeper } from './shares';
import type { QuotaLoad, QuotaState } from './state';
import { ThrottleReport } from './throttle-report';
import { Traffic } from './traffic';

export interface QuotaOptions {
  readonly view: InstanceView;
  readonly event: (name: EventName, fields: { readonly [name: string]: unknown }) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const TICK_MS = 1_000;
const SECOND_MS = 1_000;
/** A backlog counts towards demand as if it were to be served within about one exchange. */
const BACKLOG_SECONDS = 3;
const NO_CEILINGS = { connections: null, subscriptions: null };

/**
 * Metering and ceilings of the instance, as this gateway sees them (E2–E5). What the other gateways carry
 * comes from their records, so the figures of the instance are at most one heartbeat old.
 */
export class Quota {
  readonly traffic: Traffic;
  /** Live connections of this gateway, admitted and not ended. */
  connections = 0;
  /** Live subscriptions of this gateway: client × filter. */
  subscriptions = 0;
  /** CONNECT packets and filters that this gateway refused for a ceiling. */
  refusedConnections = 0;
  refusedSubscriptions = 0;
  /** Those of the instance that stand, as `notify/` judges and keeps them. */
  alarms: readonly Alarm[] = [];

  private readonly now: () => number;
  private readonly rate = new Rate();
  private readonly others = new Others();
  private readonly shares = new ShareKeeper();
  private readonly throttle: ThrottleReport;
  private view: InstanceView;
  private timer: NodeJS.Timeout | null = null;
  private toldDemand = 0;
  private trimmedMessages = 0;
  private trimmedAt: number | null = null;

  constructor(private readonly options: QuotaOptions) {
    this.now = options.now ?? Date.now;
    this.view = options.view;
    this.traffic = new Traffic();
    this.throttle = new ThrottleReport(options.event);
    this.applyLimit();
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
    this.tick();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.traffic.stop();
  }

  /** A changed declaration holds at once. */
  updateView(view: InstanceView): void {
    this.view = view;
    this.applyLimit();
  }

  // --- ceilings ------------------------------------------------------------------------------------------------------

  /** What the store holds the whole instance to (E5); null: there is none. */
  get ceilings(): { readonly connections: number | null; readonly subscriptions: number | null } {
    const { connections, subscriptions } = this.view.spec;
    return this.enforced ? { connections, subscriptions } : NO_CEILINGS;
  }

  // --- the other gateways --------------------------------------------------------------------------------------------

  /** For this gateway's record. */
  load(): QuotaLoad {
    this.toldDemand = this.rate.perSecond + this.traffic.weightWaiting / BACKLOG_SECONDS;
    const { trimmedAt } = this;
    return {
      tps: this.rate.perSecond, tpsDemand: this.toldDemand, connections: this.connections, subscriptions: this.subscriptions,
      ...(trimmedAt === null ? {} : { trimmedSecondsAgo: (this.now() - trimmedAt) / SECOND_MS }),
    };
  }

  /** All living records of the storage, after this gateway has written its own. */
  exchanged(own: GatewayRecord, records: readonly GatewayRecord[]): void {
    this.others.read(own, records);
    this.shares.exchanged(this.toldDemand, this.others.demands, this.view.spec.tps);
    this.applyLimit();
  }

  // --- what is told --------------------------------------------------------------------------------------------------

  /** The cap on stored messages removed some (T5). */
  storedMessagesTrimmed(messages: number, cap: number): void {
    this.trimmedMessages += messages;
    this.trimmedAt = this.now();
    this.options.event(EVENTS.storedMessagesTrimmed, { messages, cap });
  }

  /** Since some gateway of the instance last removed messages for the cap (T5); infinite: none did. */
  get trimmedSecondsAgo(): number {
    return Math.min(this.trimmedAt === null ? Infinity : (this.now() - this.trimmedAt) / SECOND_MS, this.others.trimmedSecondsAgo);
  }

  status(): QuotaState {
    const { traffic, throttle, refusedConnections, refusedSubscriptions, trimmedMessages } = this;
    const { receivedMessages, sentMessages, receivedWeight, sentWeight } = traffic;
    return {
      enforced: this.enforced,
      spec: this.view.spec,
      thresholds: this.thresholds,
      instance: this.instance,
      gateway: { tps: this.rate.perSecond, connections: this.connections, subscriptions: this.subscriptions },
      tpsShare: this.tpsShare,
      throttle: { since: throttle.since, waiting: traffic.waiting },
      totals: {
        receivedMessages, sentMessages, receivedWeight, sentWeight, throttles: throttle.count,
        refusedConnections, refusedSubscriptions, trimmedMessages,
      },
      alarms: this.alarms,
    };
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  private get enforced(): boolean {
    return this.view.manifest.billing === 'prepaid'; // E2
  }

  private get tpsShare(): number | null {
    return this.enforced ? this.view.spec.tps * this.shares.current : null;
  }

  private get instance(): Spec {
    const { total } = this.others;
    return {
      tps: this.rate.perSecond + total.tps,
      connections: this.connections + total.connections,
      subscriptions: this.subscriptions + total.subscriptions,
    };
  }

  private get thresholds(): Spec {
    const { spec, manifest: { alarmThresholdPercent: percent } } = this.view;
    return {
      tps: (spec.tps * percent.tps) / 100,
      connections: (spec.connections * percent.connections) / 100,
      subscriptions: (spec.subscriptions * percent.subscriptions) / 100,
    };
  }

  private applyLimit(): void {
    this.traffic.setLimit(this.tpsShare);
  }

  private tick(): void {
    const now = this.now();
    this.rate.observe(now, this.traffic.receivedWeight + this.traffic.sentWeight);
    this.throttle.observe(now, this.traffic, { tps: this.instance.tps, ceiling: this.view.spec.tps, share: this.tpsShare });
  }
}
