import { describeStoreContract } from '../contract-suite';
import { Memory } from './memory';
import { NoneStore } from './none-store';

describeStoreContract('none', async () => {
  const memory = new Memory();
  const stores: NoneStore[] = [];
  return {
    connect: async () => {
      const store = new NoneStore(memory);
      stores.push(store);
      await store.open();
      return store;
    },
    dispose: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}, { durable: false });
