import { describe, expect, it } from 'vitest';
import type { StatusEvent } from '../contract';
import { message, type Bench } from './bench';

export function describeStatus(bench: Bench): void {
  describe('status events', () => {
    const event = (group: string, n: number, eventType: StatusEvent['eventType'] = 'connect'): StatusEvent => ({
      group, clientId: `${group}@@@${n}`, time: 1_700_000_000_000 + n, eventType, channelId: `ch-${n}`, clientIp: '::ffff:10.0.0.1',
    });

    it('S3 are kept per group, every field, and read newest last', async () => {
      const events = [event('GID_one', 1), event('GID_two', 2), event('GID_one', 3, 'disconnect'), event('GID_one', 4, 'tcpclean')];
      await bench.store.recordStatus(events.slice(0, 2));
      await bench.store.recordStatus(events.slice(2));
      await bench.store.recordStatus([]);
      const other = await bench.connect();
      expect(await other.readStatus('GID_one', 10)).toEqual([events[0], events[2], events[3]]);
      expect(await other.readStatus('GID_one', 2)).toEqual([events[2], events[3]]);
      expect(await other.readStatus('GID_two', 10)).toEqual([events[1]]);
      expect(await other.readStatus('GID_none', 10)).toEqual([]);
    });

    it('S3 are bounded: the oldest go', async () => {
      for (let i = 0; i < 12; i++) await bench.store.recordStatus(Array.from({ length: 1000 }, (_, n) => event('GID_one', i * 1000 + n)));
      const kept = await bench.store.readStatus('GID_one', 20_000);
      expect(kept.length).toBeGreaterThanOrEqual(1000);
      expect(kept.length).toBeLessThanOrEqual(11_000);
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => event('GID_one', 12_000 - kept.length + i)));
    });
  });

  describe('inboxes', () => {
    it('S1 are empty where nobody wrote, and an entry that is not there moves nothing', async () => {
      expect(await bench.store.readInbox(['a', 'b'], 10)).toEqual([]);
      expect(await bench.store.readInbox([], 10)).toEqual([]);
      const results = await bench.append(message('a', '1'), message('a', '2', { inboxEntry: '1-1' }), message('a', '3'));
      expect(results.map((r) => (r.ok ? 'ok' : r.reason))).toEqual(['ok', 'rejected', 'ok']);
      expect((await bench.store.statistics()).messages).toBe(2);
    });

    it('S1 a watch ends when it is told to', async () => {
      const end = await bench.store.watchInbox(['a'], () => undefined);
      await end();
    });
  });
}
