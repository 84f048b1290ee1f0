/** T5: a session that retention has left behind goes on with what there is, and the gap is counted and told. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../runtime/src/logging';
import { connect, connectAndCollect, ENGINES, startFleet } from './harness';

describe.each(ENGINES)('T5 a cursor left behind, on the %s engine', (engine) => {
  it('jumps, gets what is left in order, and the gap is told once, with its size', async () => {
    const lines: string[] = [];
    const stream = new Writable({ write: (chunk, _encoding, written) => { lines.push(...String(chunk).trimEnd().split('\n')); written(); } });
    const fleet = await startFleet(engine, 1, { logger: createLogger({ level: 'info', stream }) });
    try {
      const gateway = fleet.gateways[0]!;
      const clientId = 'GID_main@@@left-behind';
      const device = await connect(gateway, clientId, { clean: false });
      await device.subscribeAsync('demo/#', { qos: 1 });
      await device.endAsync();
      const publisher = await connect(gateway, 'GID_main@@@publisher');
      for (let i = 0; i < 10; i++) await publisher.publishAsync('demo/a', String(i), { qos: 1 });
      const store = fleet.storage.open();
      await store.open();
      while (await store.trim({ retentionSeconds: 3_600, storedMessages: 4 }) > 0);
      await store.close();
      const gaps = (): object[] => lines.map((line) => JSON.parse(line) as { msg: string; clientId?: string; messages?: number })
        .filter(({ msg }) => msg === 'messages-expired').map(({ clientId: who, messages }) => ({ clientId: who, messages }));
      const back = await connectAndCollect(gateway, clientId, { clean: false });
      expect((await back.until(4)).map(({ payload }) => payload)).toEqual(['6', '7', '8', '9']);
      await publisher.publishAsync('demo/a', 'live', { qos: 1 });
      expect((await back.until(5))[4]!.payload).toBe('live');
      await back.client.endAsync();
      const again = await connectAndCollect(gateway, clientId, { clean: false });
      await publisher.publishAsync('demo/a', 'later', { qos: 1 });
      expect((await again.until(1)).map(({ payload }) => payload)).toEqual(['later']);
      expect(gaps()).toEqual([{ clientId, messages: 6 }]);
      await again.client.endAsync();
      await publisher.endAsync();
    } finally {
      await fleet.stop();
    }
  });
});
