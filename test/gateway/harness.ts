/** A real gateway on real listeners in this process, on either engine, and clients for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { ListenerBindings, ListenerName } from '../../lib/manifest/manifest';
import { signPassword } from '../../runtime/src/auth/signature';
import { startGateway, type Gateway } from '../../runtime/src/gateway';
import { takeIn } from '../../runtime/src/hand-over/take-in';
import { createLogger, type Logger } from '../../runtime/src/logging';
import type { Store } from '../../runtime/src/store/contract';
import { EmbeddedStore } from '../../runtime/src/store/embedded/embedded-store';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { startRedis, type TestRedis } from '../setup/redis';
import { PATIENCE_MS } from './patience';
import { documents, INSTANCE_ID, SEALING_KEY, SECRETS, STORAGE_ID, type TestDocuments } from './documents';

export const ENGINES = ['embedded', 'redis'] as const;
export type EngineName = (typeof ENGINES)[number];

/** A storage that outlives the gateways of a test. */
export interface TestStorage {
  readonly engine: EngineName;
  /** Only with the Redis engine. */
  readonly redis: TestRedis | null;
  open(): Store;
  handOver(documents: TestDocuments): Promise<void>;
  close(): Promise<void>;
}

export async function startStorage(engine: EngineName, initial: TestDocuments = documents()): Promise<TestStorage> {
  const redis = engine === 'redis' ? await startRedis({ appendfsync: 'always', config: { 'maxmemory-policy': 'noeviction' } }) : null;
  const directory = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-store-'));
  const open = (): Store => redis !== null
    ? new RedisStore({ url: redis.url, username: null, password: null, storageId: STORAGE_ID, commandTimeoutMs: 2_000 })
    : new EmbeddedStore({ directory, storageId: STORAGE_ID, durability: 'process' });
  let version = 0;
  const storage: TestStorage = {
    engine,
    redis,
    open,
    async handOver({ instance, storage: manifest, secrets }) {
      const store = open();
      await store.open();
      const answer = await takeIn({
        store, storageId: STORAGE_ID, incoming: { instance, storage: manifest, secrets }, sealingKey: SEALING_KEY, hash: `hash-${++version}`,
      });
      await store.close();
      if (!answer.accepted) throw new Error(answer.sentence);
    },
    async close() {
      await redis?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await storage.handOver(initial);
  return storage;
}

export interface TestGateway extends Gateway {
  port(listener: ListenerName | 'http'): number;
}

export async function startTestGateway(storage: TestStorage, options: { replica?: string; proxyProtocol?: boolean; drainSeconds?: number; logger?: Logger; listeners?: ListenerBindings } = {}): Promise<TestGateway> {
  const on = { bindAddress: '127.0.0.1', port: 0 };
  const gateway = await startGateway({
    config: {
      version: 1, instanceId: INSTANCE_ID, storageId: STORAGE_ID, replica: options.replica ?? '1', revision: 'r1',
      proxyProtocol: options.proxyProtocol ?? false, drainSeconds: options.drainSeconds ?? 2, logLevel: 'silent',
      listeners: options.listeners ?? { tcp: on, tls: on, websocket: on, websocketTls: on, flash: on, http: on },
    },
    store: storage.open(),
    sealingKey: SEALING_KEY,
    logger: options.logger ?? createLogger({ level: process.env['MQTTGW_TEST_LOG'] ?? 'silent' }),
  });
  return Object.assign(Object.create(gateway) as Gateway, { port: (listener: ListenerName | 'http') => gateway.listeners[listener]!.port }) as TestGateway;
}

export interface ClientOptions extends Partial<IClientOptions> {
  readonly keyId?: string;
  readonly secret?: string;
  readonly instanceId?: string;
  readonly listener?: Exclude<ListenerName, 'flash'>;
}

const SCHEMES = { tcp: 'mqtt', tls: 'mqtts', websocket: 'ws', websocketTls: 'wss' } as const;

export function clientOptions(port: number, clientId: string, options: ClientOptions = {}): { url: string; options: IClientOptions } {
  const { keyId = 'main-key', secret = SECRETS[keyId] ?? '', instanceId = INSTANCE_ID, listener = 'tcp', ...more } = options;
  return {
    url: `${SCHEMES[listener]}://127.0.0.1:${port}${listener.startsWith('websocket') ? '/mqtt' : ''}`,
    options: {
      clientId, username: `Signature|${keyId}|${instanceId}`, password: signPassword(secret, clientId), protocolVersion: 4,
      reconnectPeriod: 0, rejectUnauthorized: false, connectTimeout: 10_000, ...more,
    },
  };
}

/** Connects with a signed password; rejects with the CONNACK code in `code`. */
export async function connect(gateway: TestGateway, clientId: string, options: ClientOptions = {}): Promise<MqttClient> {
  const { url, options: settings } = clientOptions(gateway.port(options.listener ?? 'tcp'), clientId, options);
  return mqtt.connectAsync(url, settings);
}

/** Return code of a refused CONNECT; 0 when it was accepted. */
export async function connectCode(gateway: TestGateway, clientId: string, options: ClientOptions = {}): Promise<number> {
  try {
    const client = await connect(gateway, clientId, options);
    await client.endAsync();
    return 0;
  } catch (error) {
    return (error as { code?: number }).code ?? -1;
  }
}

export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}

/** Collects what a client receives from now on; set it up before the connection for what comes right after CONNACK. */
export function collect(client: MqttClient): { readonly messages: Received[]; until(count: number, timeoutMs?: number): Promise<Received[]> } {
  const messages: Received[] = [];
  client.on('message', (topic, payload, { qos, retain, dup }) => messages.push({ topic, payload: payload.toString(), qos, retain, dup }));
  return {
    messages,
    async until(count, timeoutMs = PATIENCE_MS) {
      const end = Date.now() + timeoutMs;
      while (messages.length < count) {
        if (Date.now() > end) throw new Error(`got ${messages.length} of ${count} messages in ${timeoutMs} ms: ${JSON.stringify(messages.slice(-3))}`);
        await pause(10);
      }
      return messages;
    },
  };
}

/** Connects and collects from the first message on, also what was kept while the client was away. */
export async function connectAndCollect(gateway: TestGateway, clientId: string, options: ClientOptions = {}): Promise<{ client: MqttClient } & ReturnType<typeof collect>> {
  const { url, options: settings } = clientOptions(gateway.port(options.listener ?? 'tcp'), clientId, options);
  const client = mqtt.connect(url, settings);
  const collected = collect(client);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  return { client, ...collected };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resolves when the client's connection is closed by the gateway. */
export function closed(client: MqttClient): Promise<void> {
  return client.connected ? new Promise((resolve) => client.once('close', () => resolve())) : Promise.resolve();
}

/** Several gateways on one storage, in this process. */
export interface TestFleet {
  readonly storage: TestStorage;
  readonly gateways: TestGateway[];
  stop(): Promise<void>;
}

export async function startFleet(engine: EngineName, count: number, options: { logger?: Logger } = {}): Promise<TestFleet> {
  const storage = await startStorage(engine);
  const gateways: TestGateway[] = [];
  const stop = async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await storage.close();
  };
  try {
    for (let n = 1; n <= count; n++) gateways.push(await startTestGateway(storage, { ...options, replica: String(n) }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { storage, gateways, stop };
}
