import path from 'node:path';
import { mkdirSync } from 'node:fs';
import { REWRITE_SETTINGS } from '../../lib/deployment/docker-host/store-config';
import { freePort } from '../../test/setup/ports';
import type { Target } from '../types';
import { printed, startProgram, type Program } from './processes';

export type Fsync = 'always' | 'everysec';

export interface Redis extends Program {
  readonly port: number;
}

export async function redisVersion(): Promise<string | null> {
  return /v=(\S+)/.exec(await printed('redis-server', ['--version']) ?? '')?.[1] ?? null;
}

export async function startRedisServer(folder: string, fsync: Fsync): Promise<Redis> {
  const port = await freePort();
  const dir = path.join(folder, 'redis');
  mkdirSync(dir, { recursive: true });
  const program = await startProgram('redis-server', [
    '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', fsync,
    '--maxmemory-policy', 'noeviction', ...Object.entries(REWRITE_SETTINGS).flatMap(([name, value]) => [`--${name}`, value]),
  ], { folder, port });
  return { ...program, port };
}

function redisAlone(name: string, fsync: Fsync, durability: string): Target {
  return {
    name, title: `Redis alone, appendfsync ${fsync}`, durability,
    version: redisVersion,
    async start({ folder }) {
      const redis = await startRedisServer(folder, fsync);
      return { port: redis.port, processes: [{ role: 'store', pid: redis.pid }], key: null, stop: () => redis.stop() };
    },
  };
}

export const REDIS_ALONE = [
  redisAlone('redis', 'everysec', 'written before the answer, flushed to disk every second'),
  redisAlone('redis-always', 'always', 'flushed to disk before the answer'),
];
