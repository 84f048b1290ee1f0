import { EVENTS } from '../events';
import { LIMITS } from '../limits';
import type { Store } from '../store/contract';
import { FencedError } from '../store/errors';
import type { BrokerContext } from './broker-context';
import type { ClientConnection } from './client-connection';
import type { ConnectSeam } from './connect-seam';
import { Engine, type EngineClient } from './engine';
import type { PublishSeam } from './publish-seam';
import type { SubscribeSeam } from './subscribe-seam';

/** Longer than any interval of its chores, which are all empty here. */
const NEVER = 0x7fff_ffff;

export interface Seams {
  readonly connect: ConnectSeam;
  readonly publish: PublishSeam;
  readonly subscribe: SubscribeSeam;
  /** CONNACK is on its way. */
  ready(connection: ClientConnection): void;
}

/** aedes, with what it asks and tells brought to the seams and the sessions. */
export function createEngine(context: BrokerContext, seams: Seams): Engine {
  const of = context.connectionOf;
  const engine = new Engine({
    id: context.gatewayId,
    concurrency: 100,
    heartbeatInterval: NEVER / 4,
    connectTimeout: NEVER, // the connection itself bounds the time to CONNECT
    drainTimeout: LIMITS.drainTimeoutMs,
    maxClientsIdLength: LIMITS.stringBytes, // MQTT 3.1 with longer Client IDs (T7)
    maxTopicLevels: LIMITS.topicLevels,
    queueLimit: LIMITS.framesPerRead,
    maxInflightInbound: 0, // counted in the publish seam, before the message is stored
    preConnect: (client, packet, callback) => {
      seams.connect.preConnect(of(client as EngineClient), packet);
      callback(null, true);
    },
    authenticate: (client, username, password, callback) => {
      seams.connect.authenticate(of(client as EngineClient), username, password, callback as never);
    },
    authorizePublish: (client, packet, callback) => {
      seams.publish.publish(of(client as EngineClient), packet, callback);
    },
    authorizeSubscribe: (client, subscription, callback) => {
      seams.subscribe.authorize(of(client as EngineClient), subscription.topic, subscription.qos as 0 | 1 | 2,
        (error, granted) => callback(error, granted ? subscription : null));
    },
  }, {
    sessionPresent: (clientId) => context.byClientId(clientId)?.opened?.present ?? false,
    acknowledged: (client, packetId, command) => of(client).session?.acknowledge(packetId, command),
    received: async (client, packetId) => of(client).session?.received(packetId),
    released: (client, packetId) => released(context.store, of(client), packetId),
    unsubscribed: (client, filters) => seams.subscribe.unsubscribe(of(client), filters),
  });
  engine.on('clientReady', (client) => seams.ready(of(client as EngineClient)));
  engine.on('subscribe', (subscriptions, client) => {
    seams.subscribe.acknowledged(of(client as EngineClient), subscriptions.map(({ topic }) => topic));
  });
  engine.on('unsubscribe', (filters, client) => {
    const connection = of(client as EngineClient);
    if (client.clean && !client.closed) void seams.subscribe.unsubscribe(connection, filters);
  });
  engine.on('clientError', (client, error) => failed(of(client as EngineClient), error));
  engine.on('connectionError', (client, error) => failed(of(client as unknown as EngineClient), error));
  return engine;
}

function failed(connection: ClientConnection | undefined, error: Error): void {
  if (connection !== undefined) connection.closeReason ??= error.message;
}

/** PUBREL. On an error PUBCOMP must not be sent, so the promise stays open and the connection closes. */
async function released(store: Store, connection: ClientConnection, packetId: number): Promise<void> {
  const { session } = connection;
  if (session === null || session.closed) return;
  try {
    await store.releaseQos2(session.key, packetId);
    connection.inboundQos2.delete(packetId);
  } catch (error) {
    connection.close(error instanceof FencedError ? EVENTS.clientTakenOver : EVENTS.storeAway);
    await new Promise(() => {});
  }
}
