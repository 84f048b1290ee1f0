/**
 * A gateway, assembled: store → documents → broker → listeners, and around them health, membership and chores. It owns no
 * data: every part can be started anew from the store, and any other gateway can take its place.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenerBindings } from '../../lib/manifest/manifest';
import { addApiRoutes } from './api/server';
import type { CredentialsService } from './auth/credentials-service';
import { HandedOut } from './auth/handed-out';
import { p2pTarget } from './auth/permissions';
import { compileInstanceView, type InstanceView } from './auth/instance-view';
import { addConsoleRoutes } from './console/routes';
import type { GatewayConfig } from './config/gateway-config';
import { addControlRoutes } from './control/routes';
import { EVENTS } from './events';
import { Chores } from './gateway/chores';
import { DocumentSource, type GatewayDocuments } from './gateway/document-source';
import { newGatewayId } from './gateway/gateway-id';
import { GatewayListeners } from './gateway/listeners';
import { Membership } from './gateway/membership';
import { whileStoreIsAway } from './gateway/patience';
import { portError } from './gateway/port-error';
import { settleMs } from './gateway/settle';
import { statusOf, type GatewayStatus } from './gateway/status';
import { HealthServer } from './health/server';
import { trust } from './health/trust';
import type { Logger } from './logging';
import { gatewayMetrics } from './metrics/gateway-metrics';
import { Meters } from './metrics/meters';
import { addMetricsRoute, type MetricsAccess } from './metrics/routes';
import { Notifier } from './notify/notifier';
import { Broker } from './mqtt/broker';
import type { QuotaState } from './quota/state';
import type { GatewayRecord, Store } from './store/contract';
import { TopicNames } from './usage/names';
import { UsageMeter } from './usage/meter';
import { MemoryRecords, type RecordStore } from './usage/records';
import { UsageRecorder } from './usage/recorder';
import { UserError } from './user-error';
import { within } from './within';
import type { WorkerIdentity } from './workers/messages';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  /** Not opened yet; the gateway closes it. */
  readonly store: Store;
  readonly sealingKey: string;
  readonly logger: Logger;
  /** Direct push: the control port takes documents in from whoever has this token (B6). */
  readonly controlToken?: string;
  /** Ends a start that waits for the store or for documents. */
  readonly signal?: AbortSignal;
  /** One of several processes that share the ports: the primary answers for its health. */
  readonly worker?: WorkerIdentity;
  /** Awaited with the store open and everything else ready. */
  beforeListening?(): Promise<void>;
  /** Called whenever the status may have changed, from the first moment on. */
  onStatus?(status: GatewayStatus): void;
}

export interface Gateway {
  /** With the ports that were taken. */
  readonly listeners: ListenerBindings;
  /** SHA-256 fingerprint; undefined: no TLS listener. */
  readonly certificateFingerprint: string | undefined;
  status(): GatewayStatus;
  /** Metering, throttling and alarms; null until there are documents. */
  quota(): QuotaState | null;
  /** Tokens and device credentials, for the control API; null until there are documents. */
  credentials(): CredentialsService | null;
  /** Stops accepting, lets what is in flight finish within `drainSeconds`, saves cursors. */
  stop(): Promise<void>;
}

/** How often a gateway without documents asks for them. */
const DOCUMENTS_WAIT_MS = 1_000;
/** What is left after draining takes moments; a store that is away must not hold the process longer. */
const STOP_GRACE_MS = 5_000;

const NOBODY: readonly string[] = [];

/** A worker's port for the control API, which the system chooses. */
const LOOPBACK = { bindAddress: '127.0.0.1', port: 0 };

/** Resolves when the listeners are open. Waits for a store that is away and for documents that are not there yet. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new GatewayProcess(options);
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

class GatewayProcess implements Gateway {
  private readonly gatewayId: string;
  private readonly startedAt: number;
  private readonly source: DocumentSource;
  private readonly handedOut: HandedOut;
  private readonly membership: Membership;
  private readonly chores: Chores;
  private readonly notifier: Notifier;
  private readonly health: HealthServer;
  private readonly meters: Meters;
  private readonly usage: UsageRecorder;
  private broker: Broker | undefined;
  private view: InstanceView | undefined;
  private mqtt: GatewayListeners | undefined;
  private storeReason: string | null = 'not opened yet';
  private listening = false;
  private draining = false;
  private httpPort: number;
  private stopping: Promise<void> | undefined;
  private unwatchStore: () => void = () => undefined;

  constructor(private readonly options: GatewayOptions) {
    const { config, store, sealingKey, logger, worker, controlToken } = options;
    this.gatewayId = worker?.gatewayId ?? newGatewayId(config);
    this.startedAt = worker?.startedAt ?? Date.now();
    this.httpPort = config.listeners.http.port;
    this.source = new DocumentSource({
      store, sealingKey, logger, instanceId: config.instanceId, storageId: config.storageId, onChange: (documents) => this.takeIn(documents),
      onNotice: (notice) => {
        this.handedOut.notice(notice);
        this.notifier.notice(notice);
      },
    });
    this.handedOut = new HandedOut({ store, sealingKey, storageId: config.storageId, logger, view: () => this.view! });
    this.membership = new Membership({
      store, logger, record: () => this.record(), replicas: () => this.source.current?.instance.replicas ?? 1, onChange: () => this.changed(),
      onGateways: (own, gateways) => {
        this.broker?.quota.exchanged(own, gateways);
        this.notifier.exchanged(own.instanceId, gateways);
      },
      onLapsed: () => this.broker?.checkSessions(),
    });
    this.chores = new Chores({
      store, logger, gatewayId: this.gatewayId, policy: () => this.documents.instance.limits,
      onCapped: (messages, cap) => this.broker?.quota.storedMessagesTrimmed(messages, cap),
    });
    const measured = process.env['MQTTGW_METERS'] !== 'off'; // to see what it costs
    const records: RecordStore = store.engine === 'none' ? new MemoryRecords() : store;
    const names = new TopicNames(records);
    this.meters = new Meters(new UsageMeter(names, (topic) => this.view !== undefined && p2pTarget(this.view, topic) !== null, measured));
    this.usage = new UsageRecorder({
      records, names, logger, gatewayId: this.gatewayId, meter: this.meters.usage,
      live: () => ({ connections: this.broker?.quota.connections ?? 0, subscriptions: this.broker?.quota.subscriptions ?? 0 }),
    });
    const metrics = measured ? gatewayMetrics({ meters: this.meters, store, worker: worker?.number, status: () => this.status(), broker: () => this.broker ?? null }) : null;
    this.notifier = new Notifier({
      store, logger, sealingKey, gatewayId: this.gatewayId, eventCounts: this.meters.events, documents: () => this.documents, view: () => this.view!, quota: () => this.broker!.quota,
      certificateEnd: () => this.mqtt?.certificateEnd ?? null,
    });
    // of a worker the primary alone asks, and answers for its health
    this.health = new HealthServer(worker ? LOOPBACK : config.listeners.http, () => {
      const { ready, reasons } = this.status();
      return { ready, reasons };
    }, (app) => {
      if (metrics !== null) addMetricsRoute(app, () => this.metricsAccess, () => metrics.metrics());
      addApiRoutes(app, {
        store, logger, usage: records, eventCounts: this.meters.events, credentials: this.handedOut.service, documents: () => this.source.current, broker: () => this.broker, refresh: () => this.source.refresh(),
      });
      addConsoleRoutes(app, () => (this.source.current === undefined ? null : this.source.current.instance.console?.enabled ?? true));
      if (controlToken !== undefined) addControlRoutes(app, { token: controlToken, instanceId: config.instanceId, store });
    }, trust(Number(config.proxyProtocol) + Number(worker !== undefined), () => this.source.current?.instance.trustedProxies ?? NOBODY));
  }

  get listeners(): ListenerBindings {
    return { ...this.mqtt?.addresses, http: { ...this.options.config.listeners.http, port: this.httpPort } };
  }

  get certificateFingerprint(): string | undefined {
    return this.mqtt?.certificateFingerprint;
  }

  status(): GatewayStatus {
    return statusOf({
      listening: this.listening,
      storeReason: this.storeReason,
      documentsRevision: this.source.current?.revision ?? 0,
      documentsProblem: this.source.problem ?? null,
      draining: this.draining,
      superseded: this.membership.superseded,
      connections: this.broker?.connections ?? 0,
    });
  }

  quota(): QuotaState | null {
    return this.broker?.quota.status() ?? null;
  }

  credentials(): CredentialsService | null {
    return this.view === undefined ? null : this.handedOut.service;
  }

  async start(): Promise<void> {
    const { config, store, sealingKey, logger } = this.options;
    const { http } = config.listeners;
    this.httpPort = await this.health.start().catch((error: unknown) => { throw portError(error, 'http', http) ?? error; });
    this.changed();
    await this.patiently('open it', () => store.open());
    this.watchStore();
    const documents = await this.firstDocuments();
    this.limitStore(documents);
    this.view = viewOf(documents);
    this.meters.usage.keep(this.view.logs);
    const broker = new Broker({
      store, gatewayId: this.gatewayId, view: this.view, logger, handedOut: this.handedOut, meters: this.meters,
      traces: process.env['MQTTGW_TRACES'] !== 'off',
    });
    this.broker = broker;
    await this.patiently('read what was handed out', () => this.handedOut.start());
    await this.patiently('follow its logs', () => broker.start());
    await this.options.beforeListening?.();
    this.mqtt = await this.patiently('keep the certificate', () => GatewayListeners.open({
      store, config, sealingKey, logger, documents, eventCounts: this.meters.events, onConnection: (connection) => broker.attach(connection),
    }));
    this.listening = true;
    await this.patiently('follow the documents', () => this.source.follow());
    await this.handedOut.check(); // what changed since its start nobody told
    await this.membership.start();
    this.chores.start();
    this.notifier.start();
    this.usage.start();
    logger.info({ gatewayId: this.gatewayId, listeners: this.listeners, revision: documents.revision }, 'gateway is ready');
    this.changed();
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  private async stopOnce(): Promise<void> {
    const { config, store, logger } = this.options;
    this.draining = true;
    this.changed();
    await this.settle();
    const orderly = async (): Promise<void> => {
      await this.membership.beat();
      this.mqtt?.stopAccepting();
      await this.broker?.drain(config.drainSeconds);
      await this.chores.stop();
      await this.notifier.stop();
      this.handedOut.stop();
      await this.source.stop();
      await this.broker?.stop();
      await this.usage.stop();
      await this.mqtt?.close();
      await this.membership.stop();
    };
    try {
      const end = await within(config.drainSeconds * 1_000 + STOP_GRACE_MS, orderly());
      if (end.late) logger.warn('what was still in flight did not finish in time and will be sent again');
    } catch (error) {
      logger.warn({ err: error }, 'the shutdown was not clean');
    }
    this.unwatchStore();
    await this.health.stop().catch(() => undefined);
    await within(STOP_GRACE_MS, store.close()).catch(() => undefined);
  }

  private async settle(): Promise<void> {
    const { config } = this.options;
    // with the store away nobody is served anyway
    if (!config.proxyProtocol || !this.listening || this.storeReason !== null) return;
    await within(STOP_GRACE_MS, this.membership.beat());
    await sleep(settleMs({ behindFront: true, supersededSince: this.membership.supersededSince, now: Date.now() }));
  }

  /** Waits until somebody hands over documents for this instance. A store of another instance is refused for good (B1). */
  private async firstDocuments(): Promise<GatewayDocuments> {
    const { config, logger, signal } = this.options;
    let told = false;
    for (;;) {
      const result = await this.patiently('read the documents', () => this.source.first());
      this.changed();
      if (result.kind === 'documents') return result.documents;
      if (result.kind === 'foreign') {
        throw new UserError(`storage "${config.storageId}" is bound to MQTT instance "${result.boundTo}", so a gateway of "${config.instanceId}" does not start here (B1): a binding never changes; give this gateway the store of its own storage`);
      }
      if (!told) logger.warn({ reasons: this.status().reasons }, 'waiting for documents');
      told = true;
      await sleep(DOCUMENTS_WAIT_MS, undefined, { signal });
    }
  }

  private async takeIn(documents: GatewayDocuments): Promise<void> {
    const view = viewOf(documents);
    // the certificate first: it is the part that can fail, and then nothing has changed
    await this.mqtt?.update(documents);
    this.limitStore(documents);
    this.view = view;
    this.meters.usage.keep(view.logs);
    this.broker?.updateView(view);
    this.notifier.soon();
    this.changed();
  }

  /** E6 */
  private limitStore({ storage }: GatewayDocuments): void {
    this.options.store.limitTo(storage?.limitBytes ?? null);
  }

  private watchStore(): void {
    const { store, logger } = this.options;
    this.unwatchStore = store.onAvailability((availability) => {
      this.storeReason = availability.available ? null : availability.reason;
      this.meters.events.add(availability.available ? EVENTS.storeBack : EVENTS.storeAway);
      if (availability.available) logger.info(EVENTS.storeBack);
      else logger.error({ reason: availability.reason }, EVENTS.storeAway);
      this.notifier.storeChanged(availability);
      this.changed();
      if (!availability.available || !this.listening) return;
      void this.membership.beat(); // before others take us for dead
      void this.source.refresh(); // whatever was handed over meanwhile
      void this.handedOut.check();
    });
    this.storeReason = store.availability.available ? null : store.availability.reason;
  }

  private patiently<T>(what: string, act: () => Promise<T>): Promise<T> {
    const { logger, signal } = this.options;
    return whileStoreIsAway(what, act, { logger, signal, onReason: (reason) => { this.storeReason = reason; this.changed(); } });
  }

  private changed(): void {
    this.options.onStatus?.(this.status());
  }

  private get documents(): GatewayDocuments {
    const { current } = this.source;
    if (!current) throw new Error('no documents yet');
    return current;
  }

  private get metricsAccess(): MetricsAccess | null {
    const { current } = this.source;
    if (current === undefined) return null;
    const { instance: { metrics }, secrets: { metricsToken } } = current;
    return { enabled: metrics?.enabled ?? false, token: metricsToken ?? null };
  }

  private record(): GatewayRecord {
    const { instanceId, replica, revision } = this.options.config;
    const { ready, connections } = this.status();
    const worker = this.options.worker?.number;
    return {
      gatewayId: this.gatewayId, instanceId, replica, ...(worker !== undefined && { worker }), revision, startedAt: this.startedAt, ready, connections,
      ...this.broker?.quota.load(),
    };
  }
}

function viewOf({ revision, instance, storage, secrets, made, declaredSince }: GatewayDocuments): InstanceView {
  return compileInstanceView({ revision, instance, storage, secrets, ...(made && { made }), ...(declaredSince && { declaredSince }) });
}
