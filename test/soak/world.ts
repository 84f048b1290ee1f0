/** What is attacked: a storage, the gateways on it, and links in between that can be made to fail. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { StackRecord, StoreAccess } from '../../lib/manifest/manifest';
import { documents, INSTANCE_ID, PASSWORDS, SEALING_KEY, SECRETS, STORAGE_ID, topic } from '../gateway/documents';
import { freePorts } from '../setup/ports';
import { startRedis, type TestRedis } from '../setup/redis';
import { Child } from './child';
import { Link } from './link';
import { PowerCut } from './power-cut';

const BUNDLE = path.resolve(import.meta.dirname, '../../runtime/dist/mqttgw.mjs');

export interface WorldOptions {
  readonly engine: 'redis' | 'embedded';
  readonly durability: 'always' | 'everysec';
  /** With the embedded engine they are workers of one gateway. */
  readonly gateways: number;
  readonly workers: number;
  /** The gateway's bundle; null: the built one. */
  readonly bundle: string | null;
}

export interface World {
  readonly gateways: readonly Child[];
  /** Between clients and each gateway. */
  readonly clientLinks: readonly Link[];
  /** Between each gateway and the store; none for the embedded engine. */
  readonly storeLinks: readonly Link[];
  readonly redis: TestRedis | null;
  /** Null: the durability promises that a loss of power loses nothing. */
  readonly powerCut: PowerCut | null;
  /** Worker processes of a gateway. */
  readonly workers: number;
  close(): Promise<void>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-soak-'));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const bundle = options.bundle ?? BUNDLE;
    const redis = options.engine === 'redis' ? await startRedis({ appendfsync: options.durability, config: { 'maxmemory-policy': 'noeviction' } }) : null;
    if (redis !== null) {
      closing.push(() => redis.stop());
      await handOver(bundle, path.join(folder, 'documents'), redis);
    }
    const powerCut = redis !== null && options.durability === 'everysec' ? new PowerCut(redis) : null;
    if (powerCut !== null) closing.push(() => powerCut.stop());
    // a data folder has one gateway, so there its workers stand for gateways
    const workers = redis === null ? Math.max(options.gateways, options.workers) : options.workers;
    const gateways: Child[] = [];
    const clientLinks: Link[] = [];
    const storeLinks: Link[] = [];
    for (let i = 0; i < (redis === null ? 1 : options.gateways); i++) {
      const storeLink = redis === null ? null : await Link.open(redis.port);
      if (storeLink !== null) storeLinks.push(storeLink);
      const [port, httpPort] = await freePorts(2) as [number, number];
      const args = storeLink === null ? devArguments(folder, port, httpPort) : serveArguments(path.join(folder, `${i}`), `${i}`, port, httpPort, storeLink.port);
      const gateway = new Child(`gateway ${i}`, [bundle, ...args, '--workers', String(workers)], httpPort);
      const clientLink = await Link.open(port);
      gateways.push(gateway);
      clientLinks.push(clientLink);
      closing.push(() => storeLink?.close(), () => clientLink.close(), () => gateway.kill());
    }
    for (const gateway of gateways) gateway.start();
    await Promise.all(gateways.map((gateway) => gateway.untilReady()));
    return { gateways, clientLinks, storeLinks, redis, powerCut, workers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Nothing may expire within a run. */
function soakDocuments() {
  const { instance, storage } = documents();
  return documents({ limits: { ...instance.limits, storedMessages: 10_000_000 } }, { topics: [...storage.topics, topic('retained')] });
}

/** The documents come as a deployment brings them. */
async function handOver(bundle: string, folder: string, redis: TestRedis): Promise<void> {
  mkdirSync(folder);
  for (const [name, document] of Object.entries({ ...soakDocuments(), store: storeAccess(redis.port) })) {
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(document));
  }
  const process_ = new Child('hand-over', [bundle, 'hand-over', '--dir', folder]);
  process_.start();
  await process_.untilLogged(/ACCEPTED/);
  await process_.kill();
}

const storeAccess = (port: number): StoreAccess => ({
  version: 1, kind: 'store', url: `redis://127.0.0.1:${port}`, username: null, password: null, sealingKey: SEALING_KEY, admin: null,
});

const onLoopback = (port: number): { bindAddress: string; port: number } => ({ bindAddress: '127.0.0.1', port });

function serveArguments(folder: string, replica: string, port: number, httpPort: number, storePort: number): string[] {
  mkdirSync(folder);
  const [config, store] = [path.join(folder, 'gateway.json'), path.join(folder, 'store.json')];
  writeFileSync(config, JSON.stringify({
    version: 1, instanceId: INSTANCE_ID, storageId: STORAGE_ID, replica, revision: 'r1', proxyProtocol: false, drainSeconds: 3, logLevel: 'info',
    listeners: { tcp: onLoopback(port), http: onLoopback(httpPort) },
  }));
  writeFileSync(store, JSON.stringify(storeAccess(storePort)));
  return ['serve', '--config', config, '--store', store];
}

/** A synthesized stack with nothing in it but the record that `mqttgw dev` reads. */
function devArguments(folder: string, port: number, httpPort: number): string[] {
  const { instance, storage } = soakDocuments();
  const record: StackRecord = {
    version: 1, unboundStorage: [],
    instances: [{ manifest: instance, storage, storeUrl: null, listeners: { tcp: onLoopback(port), http: onLoopback(httpPort) }, accessKeySecrets: SECRETS, consoleUserPasswords: PASSWORDS, tls: null }],
  };
  const stack = path.join(folder, 'synth/stacks/soak');
  mkdirSync(stack, { recursive: true });
  writeFileSync(path.join(stack, 'cdk.tf.json'), JSON.stringify({ '//': { mqttGateway: record } }));
  return ['dev', '--synth', path.join(folder, 'synth'), '--data', path.join(folder, 'data'), '--log-level', 'info'];
}
