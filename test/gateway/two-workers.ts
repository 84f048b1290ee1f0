import { afterAll, beforeAll } from 'vitest';
import { gatewayProcess, type GatewayProcess } from './gateway-process';
import { startStorage, type TestStorage } from './harness';

/** A gateway of two workers on a Redis of its own, for the tests of the `describe` that calls this. */
export function twoWorkers(): { readonly storage: TestStorage; readonly gateway: GatewayProcess } {
  let storage: TestStorage;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    storage = await startStorage('redis');
    gateway = await gatewayProcess(storage.redis!.url, '1', { workers: 2 });
    await gateway.start();
  });
  afterAll(async () => {
    await gateway?.cleanUp();
    await storage?.close();
  });
  return {
    get storage() { return storage; },
    get gateway() { return gateway; },
  };
}
