import { afterEach, describe, expect, it } from 'vitest';
import { viewFixture } from '../auth/auth-fixture';
import { HandedOut } from '../auth/handed-out';
import { createLogger } from '../logging';
import type { Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { Broker } from './broker';

describe('B5 a gateway whose store goes away while it starts', () => {
  let broker: Broker | undefined;
  afterEach(() => broker?.stop());

  it('starts again, and leaves nothing behind that would keep its process from ending', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    let asked = 0;
    const store = {
      tail: async () => {
        if (++asked < 3) throw new StoreUnavailableError('away');
        return { position: 0, setLogs: () => undefined, close: async () => undefined };
      },
      lease: async () => false,
    } as unknown as Store;
    const before = timers();
    const logger = createLogger({ level: 'silent' });
    const handedOut = new HandedOut({ store, sealingKey: '', storageId: 'st', logger, view: () => viewFixture() });
    broker = new Broker({ store, gatewayId: 'g', view: viewFixture(), logger, handedOut });
    await expect(broker.start()).rejects.toThrow('away');
    await expect(broker.start()).rejects.toThrow('away');
    await broker.start();
    await broker.stop();
    expect(timers()).toBe(before);
  });
});
