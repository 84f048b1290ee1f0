/** A store that has no room for a while: what it refuses is not acknowledged, and what it acknowledged is not lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { TestRedis } from '../setup/redis';
import { STORAGE_ID } from '../gateway/documents';

/** A round of chores that has just begun ends within this time. */
const ROUND_MS = 300;

/**
 * The lease of the chores is taken for as long, because they would make room by removing the oldest messages, whoever still
 * waits for them: as announced (T5), and then nobody could say what is lost.
 */
export async function fill(redis: TestRedis, forMs: number): Promise<true> {
  const client = new Redis({ port: redis.port, host: '127.0.0.1', lazyConnect: true });
  try {
    await client.connect();
    await client.set(`{${STORAGE_ID}}:lease:chores`, 'soak', 'PX', forMs + 10 * ROUND_MS);
    await sleep(ROUND_MS);
    const used = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))![1]);
    await client.config('SET', 'maxmemory', String(used));
    await sleep(forMs);
    await client.config('SET', 'maxmemory', '0');
    return true;
  } finally {
    client.disconnect();
  }
}
