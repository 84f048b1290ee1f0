import { describe, expect, it } from 'vitest';
import { idOf, message, missedAll, p2p, retainedOf, sleep, subscription, until, Recorder, type Bench } from './bench';

export function describeChores(bench: Bench): void {
  describe('trim, deletion, statistics', () => {
    const policy = (storedMessages: number, retentionSeconds = 3600) => ({ storedMessages, retentionSeconds });

    async function trimAll(storedMessages: number, retentionSeconds = 3600): Promise<number> {
      let total = 0;
      for (;;) {
        const removed = await bench.store.trim(policy(storedMessages, retentionSeconds));
        if (removed === 0) return total;
        total += removed;
      }
    }

    it('statistics count log entries and payload bytes', async () => {
      const counts = async () => {
        const { messages, payloadBytes, perLog, bytesPerLog } = await bench.store.statistics();
        return { messages, payloadBytes, perLog, bytesPerLog };
      };
      expect(await counts()).toEqual({ messages: 0, payloadBytes: 0, perLog: {}, bytesPerLog: {} });
      await bench.append(message('a', '12345'), message('a/x', '1'), message('b', ''), message('a', 'z', { qos: 0 }));
      expect(await counts()).toEqual({ messages: 4, payloadBytes: 7, perLog: { a: 3, b: 1 }, bytesPerLog: { a: 7, b: 0 } });
    });

    it('statistics tell what the store uses, and its bound if it has one', async () => {
      const before = await bench.store.statistics();
      expect(before.usedBytes).toBeGreaterThan(0);
      expect(before.limitBytes === null || before.limitBytes! > 0).toBe(true);
      for (let i = 0; i < 5; i++) await bench.append(...Array.from({ length: 40 }, () => message('a', Buffer.alloc(20_000, i))));
      const after = await bench.store.statistics();
      expect(after.usedBytes! - before.usedBytes!).toBeGreaterThan(2_000_000);
    });

    bench.durably('T5 the oldest beyond the cap go first, over all logs', async () => {
      await bench.offline('c', 'a', 'b/#', 'c');
      const requests = Array.from({ length: 100 }, (_, i) => message(`${'abc'[(i * i) % 3]}`, String(i)));
      const ids = (await bench.append(...requests)).map(idOf);
      expect(await trimAll(30)).toBe(70);
      const statistics = await bench.store.statistics();
      expect(statistics.messages).toBe(30);
      expect(statistics.payloadBytes).toBe(60);
      const read = await bench.store.readMessages(requests.map((r, i) => ({ log: r.log, id: ids[i]! })));
      expect(read.map((m) => m !== undefined)).toEqual(requests.map((_, i) => i >= 70));
      expect((await bench.drain('c', 7)).map((m) => m.payload)).toEqual(Array.from({ length: 30 }, (_, i) => String(70 + i)));
    });

    it('T5 what is older than the retention goes, the rest stays', async () => {
      await bench.append(message('a', 'old'), message('b', 'old'));
      await sleep(2_000);
      const renewed = Date.now();
      await bench.append(message('a', 'new'));
      expect(await trimAll(1000, (Date.now() - renewed) / 1_000 + 1)).toBe(2); // a second from either
      expect(await bench.store.statistics()).toMatchObject({ messages: 1, perLog: { a: 1 } });
    });

    it('T5 a call does bounded work and later calls finish it', async () => {
      for (let i = 0; i < 30; i++) await bench.append(...Array.from({ length: 500 }, () => message('a', 'x')));
      expect(await trimAll(100)).toBe(14_900);
      expect((await bench.store.statistics()).messages).toBe(100);
    });

    bench.durably('a session that was left behind reads what is left, P2P too', async () => {
      await bench.offline('c', 'a');
      await bench.append(message('a', '1'), p2p('b', 'c', '2'), p2p('b', 'c', '3'), message('a', '4'));
      await trimAll(2);
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual(['3', '4']);
      await trimAll(0);
      await bench.publish('a', '5');
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual(['5']);
    });

    bench.durably('T5 a gap is counted by those who would have got it: once, and only what they would have got', async () => {
      await bench.offline('c', 'a', 'b/+');
      await bench.offline('other', 'x');
      await bench.offline('later', 'a');
      await bench.append(...['a', 'b/1', 'z', 'b/2', 'a'].map((topic, i) => message(topic, String(i))), p2p('z', 'c', '5'), message('a', '6'), message('x', '7'));
      const later = await bench.openSession('later');
      await bench.store.closeSession(later, { cursor: await bench.store.lastId(), acknowledged: [], inflight: [] });
      await trimAll(2);
      const gap = async (clientId: string) => {
        const session = await bench.openSession(clientId);
        const upTo = await bench.store.lastId();
        const page = await bench.store.readMissed(session, session.progress.cursor, upTo, 10);
        await bench.store.closeSession(session, { cursor: page.next, acknowledged: [], inflight: [] });
        return [page.skipped ?? 0, page.messages.map((m) => m.message.payload.toString()).join()];
      };
      expect(await gap('c')).toEqual([5, '6']);
      expect(await gap('other')).toEqual([0, '7']);
      expect(await gap('later')).toEqual([0, '']);
      await trimAll(0);
      expect(await gap('c')).toEqual([0, '']);
    });

    bench.durably('T5 a gap is counted over many pages and many trims', async () => {
      await bench.offline('c', 'a/#');
      for (let round = 0; round < 12; round++) {
        await bench.append(...Array.from({ length: 10 }, (_, i) => message(`a/${i}`, 'x')));
        await bench.store.trim(policy(7));
      }
      await trimAll(7);
      const session = await bench.openSession('c');
      const upTo = await bench.store.lastId();
      let skipped = 0, read = 0;
      for (let after = session.progress.cursor, complete = false; !complete;) {
        const page = await bench.store.readMissed(session, after, upTo, 2);
        skipped += page.skipped ?? 0;
        read += page.messages.length;
        ({ next: after, complete } = page);
      }
      expect([read, skipped]).toEqual([7, 113]);
    });

    it('ids keep growing and a tail goes on after everything was trimmed', async () => {
      const recorder = await Recorder.follow(bench.store, 'a');
      const first = await bench.publish('a', '1');
      await until(() => recorder.messages.length === 1);
      await trimAll(0);
      const second = await bench.publish('a', '2');
      expect(second).toBeGreaterThan(first);
      await until(() => recorder.messages.length === 2);
      expect(recorder.payloads).toEqual(['1', '2']);
      await recorder.close();
    });

    bench.durably('I5 deleteLog takes messages, index and retained of one log and leaves the others', async () => {
      await bench.offline('c', 'a', 'a/#', 'b');
      await bench.append(message('a', '1', { retain: true }), message('a/x', '2', { retain: true }), message('b', '3', { retain: true }), p2p('a', 'c', '4'));
      await bench.store.deleteLog('a');
      const { messages, payloadBytes, perLog } = await bench.store.statistics();
      expect({ messages, payloadBytes, perLog }).toEqual({ messages: 1, payloadBytes: 1, perLog: { b: 1 } });
      expect((await retainedOf(bench.store, '#')).map((m) => m.topic)).toEqual(['b']);
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual(['3']);
      await bench.store.deleteLog('never-there');
    });

    it('I5 a log of the same name made again serves the subscriptions that stayed', async () => {
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, ['a', 'a/+'].map(subscription));
      await bench.publish('a', 'old');
      await bench.store.deleteLog('a');
      await bench.append(message('a', 'new'), message('a/x', 'new too'));
      const all = await missedAll(bench.store, session, session.progress.cursor, await bench.store.lastId());
      expect(all.map((m) => m.payload)).toEqual(['new', 'new too']);
    });

    it('B5 the store says that it is there, and after close that it is not', async () => {
      expect(bench.store.availability).toEqual({ available: true });
      const other = await bench.connect();
      await other.close();
      await expect(other.lastId()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    });
  });
}
