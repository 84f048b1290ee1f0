import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../test/setup/ports';
import type { Running, StartOptions, Target } from '../types';
import { PEERS } from './peers';
import { startProgram } from './processes';
import { startRedisServer, type Redis } from './redis';

const HOME = path.join(PEERS, 'aedes');
const PROGRAM = path.join(import.meta.dirname, 'aedes-server.mjs');

function versionOf(name: string): string | null {
  const file = path.join(HOME, 'node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : null;
}

async function start({ folder }: StartOptions, redis: Redis | null): Promise<Running> {
  const port = await freePort();
  const args = [PROGRAM, HOME, String(port), ...(redis === null ? [] : [String(redis.port)])];
  const server = await startProgram(process.execPath, args, { folder, port }).catch(async (error: Error) => {
    await redis?.stop();
    throw error;
  });
  return {
    port, key: null,
    processes: [{ role: 'broker', pid: server.pid }, ...(redis === null ? [] : [{ role: 'store' as const, pid: redis.pid }])],
    async stop() {
      await server.stop();
      await redis?.stop();
    },
  };
}

export const aedesRedis: Target = {
  name: 'aedes-redis', title: 'aedes with aedes-persistence-redis and mqemitter-redis',
  durability: 'acknowledged before it is stored; Redis flushed to disk every second',
  async version() {
    const versions = ['aedes', 'aedes-persistence-redis', 'mqemitter-redis'].map(versionOf);
    return versions.includes(null) ? null : versions.join(' + ');
  },
  async start(options) {
    return start(options, await startRedisServer(options.folder, 'everysec'));
  },
};

export const aedesMemory: Target = {
  name: 'aedes-memory', title: 'aedes in memory',
  durability: 'none: in memory',
  version: async () => versionOf('aedes'),
  start: (options) => start(options, null),
};
