import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeStoreContract } from '../contract-suite';
import { EmbeddedStore } from './embedded-store';

for (const durability of ['process', 'power'] as const) {
  describeStoreContract(`embedded, durability ${durability}`, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'embedded-store-'));
    const stores: EmbeddedStore[] = [];
    return {
      connect: async () => {
        const store = new EmbeddedStore({ directory, storageId: 'storage', durability });
        stores.push(store);
        await store.open();
        return store;
      },
      dispose: async () => {
        await Promise.all(stores.map((store) => store.close()));
        rmSync(directory, { recursive: true, force: true });
      },
    };
  });
}
