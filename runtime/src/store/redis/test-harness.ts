import { randomUUID } from 'node:crypto';
import type { TestRedis } from '../../../../test/setup/redis';
import type { HarnessFactory } from '../contract-suite';
import { RedisStore, type RedisStoreOptions } from './redis-store';

/** Storages of their own on a test's server, of which each store is closed in the end. */
export function harnessOn(redis: () => TestRedis, options: Partial<RedisStoreOptions> = {}, before?: (storageId: string) => Promise<void>): HarnessFactory {
  return async () => {
    const storageId = randomUUID();
    await before?.(storageId);
    const stores: RedisStore[] = [];
    return {
      async connect() {
        const store = storeOn(redis(), { storageId, ...options });
        stores.push(store);
        await store.open();
        return store;
      },
      async crash() {
        await redis().kill9();
        await redis().restart();
      },
      async dispose() {
        await Promise.all(stores.map((store) => store.close()));
      },
    };
  };
}

export function storeOn(redis: TestRedis, options: Partial<RedisStoreOptions> = {}): RedisStore {
  return new RedisStore({ url: redis.url, username: null, password: null, storageId: randomUUID(), commandTimeoutMs: 5000, ...options });
}
