import type { InstanceView } from '../auth/instance-view';
import type { Principal } from '../auth/types';
import { isStillValid } from '../auth/authenticate';
import type { HandedOut } from '../auth/handed-out';
import { mayRead, mayReceive, p2pTarget } from '../auth/permissions';
import { EventLog } from '../event-log';
import { EVENTS, type EventLogger, type EventName } from '../events';
import { LIMITS } from '../limits';
import { Meters } from '../metrics/meters';
import type { Connection } from '../net/connection';
import { Quota } from '../quota/quota';
import { weightOf } from '../quota/weights';
import type { AppendRequest, AppendResult, MessageId, Notice, Store, StoredMessage, Tail } from '../store/contract';
import { isShare } from '../topics/share';
import { AppendQueue } from './append-queue';
import type { BrokerContext } from './broker-context';
import { CatchUp } from './catch-up';
import { ClientConnection, fieldsOf } from './client-connection';
import { ClientDevices } from './client-devices';
import { ClientTokens } from './client-tokens';
import { ConnectSeam } from './connect-seam';
import type { Engine, EngineClient } from './engine';
import { createEngine } from './engine-hooks';
import { ProgressSaver } from './progress-saver';
import { PublishSeam } from './publish-seam';
import { InboxMover } from './inbox-mover';
import { measure, type BrokerMeasures } from './measures';
import { LeasedChore } from './leased-chore';
import { KICK_KIND, PresencePublisher, type Present } from '../presence/presence';
import { Router, type Receiver } from './router';
import type { Session } from './session';
import { SessionCloser } from './session-closer';
import { Shares } from './shares';
import { StatusRecorder } from './status-recorder';
import { SubscribeSeam } from './subscribe-seam';
import { Wills } from './wills';
import { mayExist } from '../trace/device-trace';
import { Traces } from '../trace/traces';

export interface BrokerOptions {
  readonly store: Store;
  /** Incarnation of this gateway: another one after every start. */
  readonly gatewayId: string;
  readonly view: InstanceView;
  /** Tokens and device credentials; started by the caller. */
  readonly handedOut: HandedOut;
  readonly logger: EventLogger;
  /** Default: true. */
  readonly traces?: boolean;
  /** What is counted for metrics and reports. */
  readonly meters?: Meters;
  /** Every event, for metrics and the console. */
  readonly onEvent?: (name: EventName, fields: { readonly [name: string]: unknown }) => void;
}

/**
 * The MQTT side of a gateway: connections, their sessions, and the way of a message between them and the store. It owns
 * no data: see DESIGN.md for the path of a message and for what aedes does and does not do.
 */
export class Broker {
  /** Metering, ceilings and alarms. */
  readonly quota: Quota;
  private readonly events: EventLog;
  private readonly engine: Engine;
  private readonly context: BrokerContext;
  private readonly publishSeam: PublishSeam;
  private readonly wills: Wills;
  private readonly devices: ClientDevices;
  private readonly saver: ProgressSaver;
  private readonly reaper: LeasedChore;
  private readonly inbox: InboxMover;
  private readonly status: StatusRecorder;
  private readonly presence: PresencePublisher;
  private readonly traces: Traces;
  private readonly byClient = new Map<string, ClientConnection>();
  private readonly all = new Set<ClientConnection>();
  /** Connections whose socket is not read because too much of theirs waits for the store. */
  private readonly heldBack = new Set<ClientConnection>();
  private readonly keepAliveTimer: NodeJS.Timeout;
  /** Grows when a client comes, and when one goes. */
  private comings = 0;
  private view: InstanceView;
  private tail: Tail | null = null;
  private routed: MessageId = 0;
  private draining = false;
  private engineStart: Promise<void> | undefined;

  constructor(private readonly options: BrokerOptions) {
    const { store, gatewayId, logger } = options;
    const meters = options.meters ?? new Meters();
    this.events = new EventLog(logger, meters.events);
    this.view = options.view;
    this.saver = new ProgressSaver(store, LIMITS.progressIntervalMs);
    this.quota = new Quota({ view: this.view, event: (name, fields) => this.event(name, null, fields) });
    const target = (topic: string): string | null => p2pTarget(this.view, topic);
    const router = new Router<Receiver>(target);
    const { handedOut } = options;
    this.traces = new Traces({ store, logger, gatewayId, on: options.traces !== false, isPlausible: (clientId) => mayExist(this.view, clientId) });
    this.context = {
      store, gatewayId, logger, router, quota: this.quota, usage: meters.usage, handedOut,
      tokens: new ClientTokens({ handedOut, event: (name, connection, fields) => this.event(name, connection, fields) }),
      shares: new Shares(router, { store, gatewayId, report: (name, fields) => this.event(name, null, fields) }),
      appends: new AppendQueue(store, gatewayId, {
        batchMessages: LIMITS.batchMessages, batchBytes: LIMITS.batchBytes,
        holdMilliseconds: LIMITS.storeHoldMs, retryMilliseconds: LIMITS.storeRetryMs,
      }, meters.appends),
      closer: new SessionCloser(store, logger, LIMITS.storeRetryMs),
      sessionContext: {
        saver: this.saver,
        catchUp: new CatchUp(store, target, ({ clientId }, messages) => {
          meters.skippedMessages += messages;
          this.event(EVENTS.messagesExpired, this.byClient.get(clientId) ?? null, { messages });
        }),
        traffic: this.quota.traffic,
        usage: meters.usage,
        messageTrace: this.traces.messages,
        limits: { inflightWindow: LIMITS.inflightWindow, inflightWindowMost: LIMITS.inflightWindowMost, queueMessages: LIMITS.sessionQueueMessages, queueBytes: LIMITS.sessionQueueBytes },
        routedPosition: () => this.routed,
        mayReceive: (session, message) => this.ifKnown(session, (principal) => mayReceive(this.view, principal, message.log, message.topic)),
        mayRead: (session, log) => this.ifKnown(session, (principal) => mayRead(this.view, principal, log)),
        onDropped: (session, reason) => this.event(EVENTS.messageDropped, this.byClient.get(session.clientId) ?? null, { reason }),
      },
      view: () => this.view,
      unavailable: () => this.unavailable(),
      connectionOf: (client) => (client.conn as unknown as { attachment: ClientConnection }).attachment,
      byClientId: (clientId) => this.byClient.get(clientId),
      register: (connection) => this.register(connection),
      event: (name, connection, fields) => this.event(name, connection, fields),
      trace: (name, connection, fields) => this.traces.devices?.record(name, fieldsOf(connection, fields)),
    };
    this.devices = new ClientDevices(this.context);
    handedOut.listener = { tokenRevoked: (tokenId) => this.context.tokens.revoked(tokenId), deviceChanged: (clientId) => this.devices.changed(clientId) };
    this.publishSeam = new PublishSeam(this.context);
    this.wills = new Wills(this.context);
    this.reaper = new LeasedChore(this.context, 'reaper', LIMITS.reapIntervalMs, () => this.wills.reap(), LIMITS.reapGraceMs);
    this.inbox = new InboxMover(this.context);
    this.status = new StatusRecorder(store);
    this.presence = new PresencePublisher({ store, gatewayId, logger, present: () => this.present(), version: () => `${this.comings} ${this.quota.subscriptions}` });
    this.engine = createEngine(this.context, {
      connect: new ConnectSeam(this.context, this.publishSeam, this.wills), publish: this.publishSeam,
      subscribe: new SubscribeSeam(this.context), ready: (connection) => this.ready(connection),
    });
    this.keepAliveTimer = setInterval(() => {
      this.heldBack.forEach((connection) => connection.refreshKeepAlive());
      this.quota.traffic.refreshKeepAlive();
    }, 1_000);
    this.keepAliveTimer.unref();
  }

  /** The declaration in force. */
  get currentView(): InstanceView {
    return this.view;
  }

  get gatewayId(): string {
    return this.options.gatewayId;
  }

  get tracing(): boolean {
    return this.traces.messages !== null;
  }

  /** Who is connected here, now. */
  *present(): Iterable<Present> {
    for (const { clientId, connection, principal, session } of this.byClient.values()) {
      yield {
        clientId, group: principal?.group ?? null, address: connection.remoteAddress, listener: connection.listener,
        connectedAt: connection.openedAt, lastActivityAt: connection.lastInputAt,
        logs: [...new Set([...session!.subscriptions.values()].map(({ log }) => log))],
      };
    }
  }

  /** Stores a message that no client sends; null: above the TPS ceiling (E5). */
  send(request: AppendRequest): Promise<AppendResult> | null {
    if (!this.quota.traffic.receive(weightOf(request.qos, request.cleanSession))) return null;
    this.countReceived(request);
    return new Promise((resolve, reject) => this.context.appends.push(request, (error, result) => (error === null ? resolve(result!) : reject(error))));
  }

  private countReceived({ log, topic, payload, qos, cleanSession }: Pick<AppendRequest, 'log' | 'topic' | 'payload' | 'qos' | 'cleanSession'>): void {
    this.context.usage.received(log, topic, payload.length, qos, weightOf(qos, cleanSession));
  }

  /** For a scrape: walks over all connections. */
  measures(): BrokerMeasures {
    return measure({ all: this.all, admitted: this.byClient, heldBack: this.heldBack, appends: this.context.appends, routed: this.routed });
  }

  /** Connections that were admitted. */
  get connections(): number {
    return this.byClient.size;
  }

  /** Follows the logs and is ready for connections. Needs the store. */
  async start(): Promise<void> {
    // once, though a store that is away makes this start again: aedes has timers that only its last start would end
    await (this.engineStart ??= this.engine.listen());
    this.tail = await this.options.store.tail({
      onMessages: (messages, position) => this.route(messages, position),
      onNotice: (notice) => this.onNotice(notice),
    });
    this.routed = this.tail.position;
    this.tail.setLogs(this.view.logs);
    this.quota.start();
    this.context.tokens.start();
    this.reaper.start();
    this.inbox.start();
    this.presence.start();
    this.traces.start();
  }

  /** Takes over a connection that a listener accepted. */
  attach(connection: Connection): void {
    const attached = new ClientConnection(connection, this.heldBack);
    (connection as unknown as { attachment: ClientConnection }).attachment = attached;
    this.all.add(attached);
    attached.client = this.engine.handle(connection as never) as EngineClient;
    // a microtask later aedes has said why
    connection.once('ending', () => queueMicrotask(() => void this.closed(attached)));
  }

  /** A changed declaration: what no longer stands is closed, everything else goes on (I5, A5). */
  updateView(view: InstanceView): void {
    this.view = view;
    this.quota.updateView(view);
    this.tail?.setLogs(view.logs);
    for (const connection of this.byClient.values()) {
      if (!isStillValid(view, connection.principal!)) {
        this.context.tokens.accountEnded(connection);
        connection.close(EVENTS.clientRevoked);
      } else this.limitPayload(connection);
    }
    this.event(EVENTS.viewChanged, null, { revision: view.revision });
  }

  /** Others may have ended sessions of this gateway: a save is refused for those, and closes also who only listens (C1). */
  checkSessions(): void {
    for (const { session } of this.byClient.values()) if (session !== null && !session.closed) this.saver.touch(session);
  }

  /** Refuses CONNECT, lets what waits for the store finish within the time, then closes every connection. */
  async drain(seconds: number): Promise<void> {
    this.draining = true;
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1_000).unref());
    await Promise.race([this.context.appends.idle(), timeout]);
    const connections = [...this.all];
    for (const connection of connections) connection.close(EVENTS.gatewayDraining);
    await Promise.race([Promise.all(connections.map((connection) => connection.ended)), timeout]);
  }

  async stop(): Promise<void> {
    this.draining = true;
    clearInterval(this.keepAliveTimer);
    this.reaper.stop();
    this.context.tokens.stop();
    await this.inbox.stop();
    this.presence.stop();
    this.context.appends.close();
    this.context.closer.stop();
    this.saver.stop();
    this.quota.stop();
    for (const connection of this.all) connection.close(EVENTS.gatewayDraining);
    await this.tail?.close();
    await this.traces.stop();
    await new Promise<void>((resolve) => this.engine.close(resolve));
  }

  // --- messages ------------------------------------------------------------------------------------------------------

  private route(messages: readonly StoredMessage[], position: MessageId): void {
    for (const message of messages) {
      this.routed = message.id; // per message: a session that falls behind in the middle reads on from here
      this.context.router.route(message);
    }
    this.routed = Math.max(this.routed, position);
  }

  private ifKnown(session: Session, may: (principal: Principal) => boolean): boolean {
    const principal = this.byClient.get(session.clientId)?.principal;
    return principal === undefined || principal === null || may(principal);
  }

  /** Ends the connection of a client, if it is on this gateway. */
  kick(clientId: string): boolean {
    const connection = this.byClient.get(clientId);
    if (connection === undefined) return false;
    this.event(EVENTS.clientKicked, connection, {});
    connection.close(EVENTS.clientKicked);
    return true;
  }

  private onNotice(notice: Notice): void {
    if (notice.kind === 'records' && notice.recordKind === KICK_KIND) this.kick(notice.id);
    if (notice.kind === 'share') this.context.shares.onNotice(notice);
    if (notice.kind !== 'takeover' || notice.gatewayId === this.options.gatewayId) return;
    const connection = this.byClient.get(notice.clientId);
    if (connection === undefined || connection.session!.key.epoch >= notice.epoch) return;
    this.event(EVENTS.clientTakenOver, connection, {});
    connection.close(EVENTS.clientTakenOver);
  }

  // --- connections ---------------------------------------------------------------------------------------------------

  /** Why nobody is served now; null: everybody is. */
  unavailable(): string | null {
    if (this.draining) return EVENTS.gatewayDraining;
    if (!this.options.store.availability.available) return EVENTS.storeAway;
    return this.view.expired() ? 'instance-expired' : null; // E7
  }

  private register(connection: ClientConnection): void {
    const session = connection.session!;
    this.byClient.set(connection.clientId, connection);
    this.comings++;
    this.quota.connections++;
    this.context.tokens.join(connection);
    this.devices.join(connection);
    this.quota.subscriptions += session.subscriptions.size;
    this.context.router.addReceiver(session);
    for (const subscription of session.subscriptions.values()) {
      if (isShare(subscription.filter)) this.context.shares.join(subscription.filter, subscription.log, session, subscription.qos);
      else this.context.router.add(subscription);
    }
  }

  private limitPayload(connection: ClientConnection): void {
    connection.connection.setPayloadLimit(this.context.tokens.payloadLimit(connection, this.view.limits.payloadBytes));
  }

  /** CONNACK is on its way: the client's other packets may come in, and deliveries go out. */
  private ready(connection: ClientConnection): void {
    this.limitPayload(connection);
    connection.ready = true;
    connection.connection.release();
    this.event(EVENTS.clientConnected, connection, { connectedAt: connection.connection.openedAt, cleanSession: connection.client.clean, protocolVersion: connection.client.version });
    this.status.tell(connection, 'connect');
    const session = connection.session!;
    connection.connection.onPublish = (packet, done) => this.publishSeam.publish(connection, packet, (error) => {
      if (error) connection.client.emit('error', error);
      done(!error);
    });
    connection.connection.onPuback = (packetId) => session.acknowledge(packetId, 'puback');
    session.start(connection.opened!);
    connection.opened = null;
  }

  /** The socket is gone: the will, what still waits for the store, then the session. */
  private async closed(connection: ClientConnection): Promise<void> {
    this.all.delete(connection);
    const { session, keptWill, clientId } = connection;
    const { saidGoodbye } = connection.connection;
    const graceful = saidGoodbye && connection.closeReason === null;
    if (session !== null) {
      this.quota.connections--;
      this.context.tokens.leave(connection);
      this.devices.leave(connection);
      this.quota.subscriptions -= session.subscriptions.size;
      connection.held?.drop();
      this.context.router.removeReceiver(session);
      for (const subscription of session.subscriptions.values()) {
        if (!isShare(subscription.filter)) this.context.router.remove(subscription);
      }
      const progress = session.close();
      this.context.shares.leaveAll(session);
      this.status.tell(connection, ...(graceful ? ['disconnect', 'tcpclean'] as const : ['tcpclean'] as const));
      this.event(EVENTS.clientDisconnected, connection, {
        connectedAt: connection.connection.openedAt, reason: connection.closeReason ?? connection.connection.refusal?.code ?? (graceful ? 'disconnect' : 'connection-lost'),
      });
      // what was revoked since CONNECT fires nothing (A5, I5)
      let owesWill = false;
      const mayFire = keptWill !== null && !saidGoodbye
        && isStillValid(this.view, connection.principal!) && this.publishSeam.judgeWill(connection, keptWill) !== null;
      if (mayFire) {
        this.quota.traffic.receiveAtOnce(weightOf(keptWill.qos, session.cleanSession));
        this.countReceived({ ...keptWill, cleanSession: session.cleanSession });
        owesWill = !await this.wills.fire(keptWill, session.key);
      }
      await connection.settled();
      await this.context.closer.close(session.key, progress, session.taken(), owesWill);
      if (this.byClient.get(clientId) === connection) this.byClient.delete(clientId);
      this.comings++;
    }
    connection.finish();
  }

  private event(name: EventName, connection: ClientConnection | null, fields: { readonly [name: string]: unknown }): void {
    const all = connection === null ? fields : fieldsOf(connection, fields);
    this.events.write(name, all);
    this.traces.devices?.record(name, all);
    this.options.onEvent?.(name, all);
  }
}
