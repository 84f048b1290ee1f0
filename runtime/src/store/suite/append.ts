import { describe, expect, it } from 'vitest';
import { idOf, message, missedAll, p2p, type Bench } from './bench';

export function describeAppend(bench: Bench): void {
  describe('append', () => {
    it('T8 gives safe, strictly growing ids over all logs and keeps every property', async () => {
      const payload = Buffer.from([0, 255, 1, 13, 10, 0]);
      const before = await bench.store.lastId();
      const results = await bench.append(
        message('a/x', payload, { clientId: 'GID_a@@@1', cleanSession: false, qos: 2 }),
        message('b', ''),
        message('a/über/☃', 'text', { qos: 0 }),
        message('x/y', 'open', { log: '$open' }));
      const ids = results.map(idOf);
      for (const [i, id] of ids.entries()) {
        expect(Number.isSafeInteger(id)).toBe(true);
        expect(id).toBeGreaterThan(i === 0 ? before : ids[i - 1]!);
      }
      expect(results.every((r) => r.ok && !r.duplicate)).toBe(true);
      expect(await bench.store.lastId()).toBeGreaterThanOrEqual(ids[3]!);
      const read = await bench.store.readMessages([
        { log: 'a', id: ids[0]! }, { log: 'b', id: ids[1]! }, { log: 'a', id: ids[2]! }, { log: '$open', id: ids[3]! }, { log: 'b', id: ids[0]! }]);
      expect(read).toEqual([
        { id: ids[0], log: 'a', topic: 'a/x', payload, qos: 2, cleanSession: false, clientId: 'GID_a@@@1' },
        { id: ids[1], log: 'b', topic: 'b', payload: Buffer.alloc(0), qos: 1, cleanSession: true, clientId: '' },
        { id: ids[2], log: 'a', topic: 'a/über/☃', payload: Buffer.from('text'), qos: 0, cleanSession: true, clientId: '' },
        { id: ids[3], log: '$open', topic: 'x/y', payload: Buffer.from('open'), qos: 1, cleanSession: true, clientId: '' },
        undefined]);
    });

    it('T8 ids are about now, in microseconds', async () => {
      const id = await bench.publish('a', 'x');
      expect(Math.abs(id / 1000 - Date.now())).toBeLessThan(60_000);
    });

    it('an empty batch stores nothing', async () => {
      expect(await bench.append()).toEqual([]);
    });

    bench.durably('T5 a batch sent again answers what it answered before and stores nothing twice', async () => {
      await bench.offline('c', 'a');
      const requests = [message('a', '1'), message('a', '2', { clientId: 'nobody', epoch: 12345 }), message('a', '3')];
      const first = await bench.store.append('g7', 1, requests);
      expect(await bench.store.append('g7', 1, requests)).toEqual(first);
      const other = await bench.connect();
      expect(await other.append('g7', 1, requests)).toEqual(first);
      expect((await bench.store.statistics()).messages).toBe(2);
      const later = await bench.store.append('g7', 2, [message('a', '4')]);
      expect(later[0]!.ok).toBe(true);
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual(['1', '3', '4']);
    });

    it('T5 a batch that was overtaken by its successor stores nothing', async () => {
      await bench.store.append('g7', 5, [message('a', 'five')]);
      const late = await bench.store.append('g7', 4, [message('a', 'four')]).catch(() => [{ ok: false }]);
      expect(late[0]!.ok).toBe(false);
      expect((await bench.store.statistics()).messages).toBe(1);
    });

    it('batch numbers of different gateways do not meet', async () => {
      const [one] = await bench.store.append('g1', 1, [message('a', '1')]);
      const [two] = await bench.store.append('g2', 1, [message('a', '2')]);
      expect(idOf(two!)).toBeGreaterThan(idOf(one!));
    });

    it('a message of a stale epoch is refused, its neighbours are stored', async () => {
      const old = await bench.openSession('c');
      const now = await bench.openSession('c');
      expect(now.epoch).toBeGreaterThan(old.epoch);
      const results = await bench.append(
        message('a', 'old', { clientId: 'c', epoch: old.epoch }),
        message('a', 'now', { clientId: 'c', epoch: now.epoch }),
        message('a', 'never', { clientId: 'stranger', epoch: 1 }),
        message('a', 'api'));
      expect(results.map((r) => (r.ok ? 'ok' : r.reason))).toEqual(['fenced', 'ok', 'fenced', 'ok']);
      expect((await bench.store.statistics()).messages).toBe(2);
    });

    it('a message of a clean session is refused after the session ended, also when its client came back', async () => {
      const first = await bench.openSession('c', true);
      await bench.store.closeSession(first, null);
      const gone = await bench.append(message('a', '1', { clientId: 'c', epoch: first.epoch }));
      const second = await bench.openSession('c', true);
      expect(second.epoch).toBeGreaterThan(first.epoch);
      const back = await bench.append(message('a', '2', { clientId: 'c', epoch: first.epoch }));
      expect([gone[0], back[0]].map((r) => !r!.ok && r!.reason)).toEqual(['fenced', 'fenced']);
    });

    bench.durably('T5 two gateways appending at once: one sequence of ids, nothing lost', async () => {
      await bench.offline('c', 'a/#');
      const other = await bench.connect();
      const send = async (store: typeof other, gateway: string) => {
        const ids: number[] = [];
        for (let batch = 1; batch <= 20; batch++) {
          const requests = Array.from({ length: 10 }, (_, i) => message(`a/${gateway}`, `${gateway}-${batch}-${i}`));
          ids.push(...(await store.append(gateway, batch, requests)).map(idOf));
        }
        return ids;
      };
      const [one, two] = await Promise.all([send(bench.store, 'x'), send(other, 'y')]);
      expect(new Set([...one, ...two]).size).toBe(400);
      for (const ids of [one, two]) expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect((await bench.drain('c', 37)).map((m) => m.id)).toEqual([...one, ...two].sort((a, b) => a - b));
    });
  });

  describe('QoS 2', () => {
    bench.durably('T5 the same packet id is stored once until it is released, in one batch or over many', async () => {
      await bench.offline('sub', ['a', 2]);
      const session = await bench.openSession('c');
      const again = message('a', 'x', { clientId: 'c', epoch: session.epoch, qos: 2, qos2PacketId: 7 });
      const results = [...(await bench.append(again, again)), ...(await bench.append(again))];
      expect(results.map((r) => r.ok && r.duplicate)).toEqual([false, true, true]);
      expect(new Set(results.map(idOf)).size).toBe(1);
      await bench.store.releaseQos2(session, 7);
      await bench.store.releaseQos2(session, 7);
      const [next] = await bench.append(again);
      expect(next).toMatchObject({ ok: true, duplicate: false });
      expect((await bench.drain('sub')).map((m) => m.qos)).toEqual([2, 2]);
    });

    bench.durably('T5 packet ids are remembered over a reconnect of a persistent session, through another gateway too', async () => {
      const session = await bench.openSession('c');
      const request = message('a', 'x', { clientId: 'c', epoch: session.epoch, qos: 2, qos2PacketId: 7 });
      const id = idOf((await bench.append(request))[0]!);
      const other = await bench.connect();
      const back = await bench.openSession('c', false, 'g2', other);
      const [again] = await other.append('g2', 1, [{ ...request, epoch: back.epoch }]);
      expect(again).toEqual({ ok: true, id, duplicate: true });
    });

    it('T5 a message sent anew under an old packet id is a new message', async () => {
      const session = await bench.openSession('c');
      const request = message('a', 'x', { clientId: 'c', epoch: session.epoch, qos: 2, qos2PacketId: 7 });
      const first = idOf((await bench.append(request))[0]!);
      const [fresh] = await bench.append({ ...request, qos2Fresh: true });
      expect(fresh).toMatchObject({ ok: true, duplicate: false });
      const [again] = await bench.append(request);
      expect(again).toEqual({ ok: true, id: idOf(fresh!), duplicate: true });
      expect(idOf(fresh!)).toBeGreaterThan(first);
    });

    it('T5 packet ids belong to their client, and a clean session starts without any', async () => {
      const session = await bench.openSession('c', true);
      const other = await bench.openSession('d', true);
      const of = (s: { clientId: string; epoch: number }) => message('a', 'x', { clientId: s.clientId, epoch: s.epoch, qos: 2, qos2PacketId: 7 });
      const results = await bench.append(of(session), of(other));
      expect(results.map((r) => r.ok && r.duplicate)).toEqual([false, false]);
      const back = await bench.openSession('c', true);
      expect((await bench.append(of(back)))[0]).toMatchObject({ ok: true, duplicate: false });
    });

    it('releaseQos2 under a stale epoch is refused', async () => {
      const old = await bench.openSession('c');
      await bench.openSession('c');
      await expect(bench.store.releaseQos2(old, 1)).rejects.toMatchObject({ name: 'FencedError' });
    });
  });

  describe('P2P', () => {
    bench.durably('T4 reaches its target without a subscription, offline, and nobody else', async () => {
      await bench.offline('GID_a@@@1');
      await bench.offline('GID_a@@@2', 'demo/#', 'demo/+/+', 'demo/p2p/GID_a@@@1');
      await bench.append(p2p('demo', 'GID_a@@@1', 'mine'), p2p('other', 'GID_a@@@1', 'too', { qos: 2 }), message('demo/x', 'all'));
      expect((await bench.drain('GID_a@@@1')).map((m) => [m.topic, m.payload, m.qos]))
        .toEqual([['demo/p2p/GID_a@@@1', 'mine', 1], ['other/p2p/GID_a@@@1', 'too', 2]]);
      expect((await bench.drain('GID_a@@@2')).map((m) => m.payload)).toEqual(['all']);
    });

    it('T4 is kept for a persistent session only, from its beginning, and not at QoS 0', async () => {
      await bench.append(p2p('demo', 'c', 'before'));
      const clean = await bench.openSession('c', true);
      await bench.append(p2p('demo', 'c', 'clean'));
      await bench.store.closeSession(clean, null);
      const session = await bench.openSession('c');
      await bench.append(p2p('demo', 'c', 'kept'), p2p('demo', 'c', 'fleeting', { qos: 0 }));
      const all = await missedAll(bench.store, session, session.progress.cursor, await bench.store.lastId());
      expect(all.map((m) => m.payload)).toEqual(['kept']);
      const gone = await bench.openSession('c', true);
      await bench.store.closeSession(gone, null);
      expect(await bench.drain('c')).toEqual([]);
    });

    bench.durably('T4 comes in one order with what the subscriptions bring', async () => {
      await bench.offline('c', 'a/#', 'b');
      await bench.append(message('b', '1'), p2p('a', 'c', '2'), message('a/x', '3'), p2p('b', 'c', '4'), message('b', '5'));
      expect((await bench.drain('c', 2)).map((m) => m.payload)).toEqual(['1', '2', '3', '4', '5']);
    });
  });
}
