/**
 * Alarms and notifications of the instance, in every gateway: all follow the journal, and the one that holds the lease judges
 * what is alarming, writes it there, and works the outbox off. See DESIGN.md.
 */
import { createHmac } from 'node:crypto';
import type { InstanceView } from '../auth/instance-view';
import { EVENTS, type EventLogger } from '../events';
import { EventLog } from '../event-log';
import type { GatewayDocuments } from '../gateway/document-source';
import { AlarmJudge, type AlarmChange } from '../quota/alarms';
import type { EventCounts } from '../metrics/event-counts';
import type { Quota } from '../quota/quota';
import type { Availability, GatewayRecord, Notice, Store, StoreStatistics } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { RecordFollower } from '../store/record-follower';
import { conditionsOf } from './conditions';
import { GatewayWatch } from './gateways';
import { asAlarm, EMPTY, JournalKeeper, NOTIFY_KIND, standing, type Journal } from './journal';
import { abandoned, enqueue } from './outbox';
import { AWAY_MS, introduce, recordAlarms, recordStoreAway, type Audience } from './record-alarms';
import { Sender, type Webhook } from './sender';

export interface NotifierOptions {
  readonly store: Store;
  readonly gatewayId: string;
  readonly sealingKey: string;
  readonly logger: EventLogger;
  /** For metrics. */
  readonly eventCounts?: EventCounts;
  /** What is in force. */
  documents(): GatewayDocuments;
  view(): InstanceView;
  quota(): Quota;
  /** Of the certificate that is served; null: none is. */
  certificateEnd(): Date | null;
}

const ROUND_MS = 2_000;
/** A slow round does not hand the lease over; a gateway that died is replaced after this. */
const LEASE_SECONDS = 8;
const STATISTICS_MS = 15_000;
const ALIVE_ID = 'alive';
const ALIVE_MS = 20_000;
const STOP_PATIENCE_MS = 2_000;
/** A store that comes and goes is told as often as that at most. */
const MAX_AWAY = 10;

interface Span { readonly since: number; readonly until: number; readonly reason: string }

export class Notifier {
  private readonly keeper: JournalKeeper;
  private readonly follower: RecordFollower;
  private readonly sender: Sender;
  private readonly judge = new AlarmJudge();
  private readonly watch: GatewayWatch;
  private readonly events: EventLog;
  private journal: Journal = EMPTY;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private leaseEndsAt = -Infinity;
  private statistics: StoreStatistics | null = null;
  private statisticsAt = -Infinity;
  private lastSeen: number | null | undefined;
  private aliveAt = -Infinity;
  private away: { readonly since: number; readonly reason: string } | null = null;
  private spans: Span[] = [];
  private failure: string | null = null;

  constructor(private readonly options: NotifierOptions) {
    const { store, logger } = options;
    this.events = new EventLog(logger, options.eventCounts);
    this.keeper = new JournalKeeper(store);
    this.watch = new GatewayWatch(options.sealingKey);
    this.sender = new Sender({ keeper: this.keeper, events: this.events, onJournal: (journal) => this.take(journal), maySend: () => this.leads });
    this.follower = new RecordFollower(store, NOTIFY_KIND, {
      changed: async (id) => { if (id !== ALIVE_ID) await this.reload(); },
      missed: () => this.reload(),
    });
  }

  start(): void {
    this.timer = setInterval(() => this.soon(), ROUND_MS);
    this.timer.unref();
    this.soon();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
    await this.sender.stop(STOP_PATIENCE_MS);
  }

  notice(notice: Notice): void {
    this.follower.notice(notice);
  }

  /** After every heartbeat: all gateways of the instance that live. */
  exchanged(instanceId: string, gateways: readonly GatewayRecord[]): void {
    this.watch.exchanged(gateways.filter((each) => each.instanceId === instanceId));
  }

  /** B5: told when it is over, because until then there is nowhere to write it. */
  storeChanged(availability: Availability, now = Date.now()): void {
    if (!availability.available) {
      this.away ??= { since: now, reason: availability.reason };
      return;
    }
    if (this.away !== null && now - this.away.since >= AWAY_MS) this.spans = [...this.spans, { ...this.away, until: now }].slice(-MAX_AWAY);
    this.away = null;
    this.soon();
  }

  /** A round now, or one more after the one that runs. */
  soon(): void {
    if (this.timer === undefined) return;
    this.again = true;
    this.running ??= this.rounds().finally(() => { this.running = undefined; });
  }

  private async rounds(): Promise<void> {
    while (this.again && this.timer !== undefined) {
      this.again = false;
      try {
        await this.round(Date.now());
        this.failure = null;
      } catch (error) {
        this.tellFailure(error as Error);
      }
    }
  }

  /** Once until it is another one, or over: a round comes every two seconds. */
  private tellFailure(error: Error): void {
    if (error instanceof StoreUnavailableError || error.message === this.failure) return;
    this.failure = error.message;
    this.options.logger.warn({ error: error.message }, 'alarms could not be judged, the next round tries again');
  }

  private async round(now: number): Promise<void> {
    await this.follower.check();
    await this.tellAway(now);
    const asked = performance.now();
    if (!await this.options.store.lease('notify', this.options.gatewayId, LEASE_SECONDS)) {
      this.leaseEndsAt = -Infinity;
      return;
    }
    this.leaseEndsAt = asked + LEASE_SECONDS * 1_000;
    await this.judgeAlarms(now);
    await this.judgeRunnable(now);
    const { webhook } = this;
    await this.change((journal) => introduce(journal, webhook && this.fingerprint(webhook), this.audience, now));
    if (webhook === null) await this.change((journal) => abandoned(journal, now));
    else this.sender.work(this.journal, webhook);
  }

  private async judgeAlarms(now: number): Promise<void> {
    const { view, quota, certificateEnd, store } = this.options;
    if (performance.now() - this.statisticsAt >= STATISTICS_MS) {
      this.statistics = await store.statistics();
      this.statisticsAt = performance.now();
    }
    const { instance, thresholds } = quota().status();
    const conditions = conditionsOf({
      view: view(), instance, thresholds, trimmedSecondsAgo: quota().trimmedSecondsAgo, statistics: this.statistics, certificateEnd: certificateEnd(),
      replicas: this.watch.readiness(this.journal, view().manifest.replicas, now), now,
    });
    let changes: readonly AlarmChange[] = [];
    await this.change((journal) => {
      changes = this.judge.judge(standing(journal), conditions, now);
      return changes.length === 0 ? journal : recordAlarms(journal, changes, this.audience, now);
    });
    for (const { kind, condition: { alarm, value, threshold } } of changes) {
      if (kind !== 'value') this.events.write(kind === 'raised' ? EVENTS.alarmRaised : EVENTS.alarmCleared, { alarm, value, threshold });
    }
  }

  private async judgeRunnable(now: number): Promise<void> {
    const { store, view } = this.options;
    if (this.lastSeen === undefined) {
      const [record] = await store.readRecords(NOTIFY_KIND, [ALIVE_ID]);
      this.lastSeen = record === undefined ? null : Number(record.value) || null;
    }
    const { manifest } = view();
    let told = false;
    // asked of what stands in the store: another gateway may have told it a moment ago
    await this.change((journal) => {
      const found = this.watch.newlyRunnable(journal, manifest.replicas, this.lastSeen ?? null);
      told = found !== null;
      if (found === null) return journal;
      const next: Journal = { ...journal, runnable: { ...found, at: now } };
      const data = { replicas: found.replicas, endpoints: { public: manifest.publicEndpoints, internal: manifest.internalEndpoints } };
      return this.audience === null ? next : enqueue(next, { event: 'instance-runnable', subject: 'instance', data }, this.audience, now);
    });
    if (told) this.events.write(EVENTS.instanceRunnable, { replicas: manifest.replicas });
    if (performance.now() - this.aliveAt < ALIVE_MS) return;
    await store.putRecord({ kind: NOTIFY_KIND, id: ALIVE_ID, value: String(now), expectedVersion: null, priority: 'vital' });
    this.aliveAt = performance.now();
    this.lastSeen = now;
  }

  /** Whichever gateway saw it: not all lose the store together. */
  private async tellAway(now: number): Promise<void> {
    while (this.spans.length > 0) {
      const [span] = this.spans;
      await this.change((journal) => recordStoreAway(journal, span!, this.audience, now));
      this.spans.shift();
    }
  }

  /** Reads and writes only where what is known already says that something changes. */
  private async change(update: (journal: Journal) => Journal): Promise<void> {
    if (update(this.journal) !== this.journal) this.take(await this.keeper.change(update));
  }

  private async reload(): Promise<void> {
    this.take(await this.keeper.read());
    this.soon();
  }

  private take(journal: Journal): void {
    this.journal = journal;
    this.options.quota().alarms = standing(journal).map(asAlarm);
  }

  private get leads(): boolean {
    return performance.now() < this.leaseEndsAt;
  }

  /** Its path may be a secret, so the URL itself stands in no record. */
  private fingerprint({ url }: Webhook): string {
    return createHmac('sha256', this.options.sealingKey).update(`webhook ${url}`).digest('hex').slice(0, 16);
  }

  private get webhook(): Webhook | null {
    const { instance: { webhook }, secrets: { webhookSecret } } = this.options.documents();
    return webhook === undefined || webhookSecret === undefined ? null : { ...webhook, secret: webhookSecret };
  }

  private get audience(): Audience {
    if (this.webhook === null) return null;
    const { manifest } = this.options.view();
    return { instanceId: manifest.instanceId, name: manifest.name, region: manifest.region.id };
  }
}
