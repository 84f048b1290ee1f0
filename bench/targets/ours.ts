/** Our gateway, as its bundle, on either engine. */
import path from 'node:path';
import { freePorts } from '../../test/setup/ports';
import type { Running, StartOptions, Target } from '../types';
import { startProgram } from './processes';
import { redisVersion, startRedisServer, type Fsync, type Redis } from './redis';
import { KEY, writeStack } from './stack';

export interface Bundle {
  readonly file: string;
  readonly version: string;
  /** Arguments for node, such as those of a profile. */
  readonly nodeArguments: readonly string[];
  /** Appended to the names of its targets; empty for the one of this checkout. */
  readonly suffix: string;
  /** Prometheus reads it meanwhile, every few seconds. */
  readonly scraped: boolean;
}

/** Suffix of the bundle that nothing measures but the bench. */
export const UNMEASURED = '-unmeasured';
const SWITCHED_OFF = { MQTTGW_METERS: 'off', MQTTGW_TRACES: 'off' };
const SCRAPE_MS = 5_000;

/** The name of a target without what tells its bundle. */
export function baseName(target: string): string {
  return target.replace(/\++$|-unmeasured$/, '');
}

async function startGateway(bundle: Bundle, { folder, strict }: StartOptions, durability: Fsync, redis: Redis | null): Promise<Running> {
  const [port, httpPort] = await freePorts(2) as [number, number];
  const synth = writeStack(folder, durability);
  const args = [
    ...bundle.nodeArguments, bundle.file, 'dev', '--synth', synth, '--data', path.join(folder, 'data'), '--port', `tcp=${port}`, '--port', `http=${httpPort}`,
    ...(strict ? [] : ['--open']), ...(redis === null ? [] : ['--store', `redis://127.0.0.1:${redis.port}`]),
  ];
  try {
    const gateway = await startProgram(process.execPath, args, { folder, port, ...(bundle.suffix === UNMEASURED && { env: SWITCHED_OFF }) });
    const scraping = bundle.scraped ? setInterval(() => void fetch(`http://127.0.0.1:${httpPort}/metrics`).then((answer) => answer.text()).catch(() => undefined), SCRAPE_MS) : undefined;
    return {
      port, key: strict ? KEY : null,
      processes: [{ role: 'broker', pid: gateway.pid }, ...(redis === null ? [] : [{ role: 'store' as const, pid: redis.pid }])],
      async stop() {
        clearInterval(scraping);
        await gateway.stop();
        await redis?.stop();
      },
    };
  } catch (error) {
    await redis?.stop();
    throw error;
  }
}

export function ourTargets(bundle: Bundle): Target[] {
  const { suffix, version } = bundle;
  const onRedis = (name: string, fsync: Fsync, durability: string): Target => ({
    name: `${name}${suffix}`, title: `Ours on Redis, appendfsync ${fsync}${suffix}`, durability,
    async version() {
      const redis = await redisVersion();
      return redis === null ? null : `${version} + Redis ${redis}`;
    },
    async start(options) {
      return startGateway(bundle, options, fsync, await startRedisServer(options.folder, fsync));
    },
  });
  return [
    onRedis('ours-redis', 'everysec', 'stored before PUBACK: written by Redis, flushed to disk every second'),
    onRedis('ours-redis-always', 'always', 'stored before PUBACK: flushed to disk with its batch'),
    {
      name: `ours-embedded${suffix}`, title: `Ours, embedded engine${suffix}`,
      durability: 'stored before PUBACK: committed to the file, survives a crash of the process; flushed to disk by checkpoints',
      version: async () => version,
      start: (options) => startGateway(bundle, options, 'always', null),
    },
  ];
}
