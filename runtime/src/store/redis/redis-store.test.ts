import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import { describeStoreContract } from '../contract-suite';
import { RedisStore } from './redis-store';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describeStoreContract('redis', async () => {
  const storageId = randomUUID();
  const stores: RedisStore[] = [];
  return {
    async connect() {
      const store = new RedisStore({ url: redis.url, username: null, password: null, storageId, commandTimeoutMs: 5000 });
      stores.push(store);
      await store.open();
      return store;
    },
    async dispose() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
});
