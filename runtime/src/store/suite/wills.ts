import { describe, expect, it } from 'vitest';
import type { OpenedSession, SessionKey, Store, WillRecord } from '../contract';
import { idOf, message, p2p, retainedOf, subscription, type Bench } from './bench';

const WILL: WillRecord = {
  log: 'a', topic: 'a/will', payload: Buffer.from([0, 255, 10, 13, 0xc3]), qos: 1, retain: false, p2pClientId: null,
};

/** A connection that left a will. */
export async function openWithWill(
  store: Store, clientId: string, gatewayId: string, will: WillRecord = WILL, cleanSession = false,
): Promise<OpenedSession & SessionKey> {
  const opened = await store.openSession({ clientId, cleanSession, gatewayId, will });
  return { ...opened, clientId };
}

/** The request that fires it, as the owner or somebody else would. */
export function fire({ clientId, epoch }: SessionKey, will: WillRecord = WILL) {
  const { topic, log, payload, qos, retain, p2pClientId } = will;
  return message(topic, payload, { log, qos, retain, p2pClientId, clientId, willOf: { clientId, epoch } });
}

export function describeWills(bench: Bench): void {
  describe('wills', () => {
    const reasons = (results: readonly { ok: boolean; reason?: string }[]) => results.map((r) => (r.ok ? 'ok' : r.reason));

    bench.durably('T6 a will is fired once, whoever tries and however often', async () => {
      await bench.offline('sub', 'a/#');
      const session = await openWithWill(bench.store, 'c', 'g1');
      const other = await bench.connect();
      const tries = await Promise.all([bench.append(fire(session), fire(session)), other.append('g2', 1, [fire(session)])]);
      expect(reasons(tries.flat()).sort()).toEqual(['fenced', 'fenced', 'ok']);
      expect(reasons(await bench.append(fire(session)))).toEqual(['fenced']);
      expect((await bench.drain('sub')).map((m) => [m.topic, m.payload])).toEqual([['a/will', WILL.payload.toString()]]);
    });

    it('T6 the batch that fired it answers the same when it is sent again', async () => {
      const session = await openWithWill(bench.store, 'c', 'g1');
      const first = await bench.store.append('g7', 1, [fire(session)]);
      expect(reasons(first)).toEqual(['ok']);
      expect(await bench.store.append('g7', 1, [fire(session)])).toEqual(first);
      expect((await bench.store.statistics()).messages).toBe(1);
    });

    it('T6 no will, no message: never left, of another epoch, of an ended connection, of an unknown client; neighbours are stored', async () => {
      const without = await bench.openSession('without');
      const stale = await openWithWill(bench.store, 'stale', 'g1');
      await bench.openSession('stale');
      const closed = await openWithWill(bench.store, 'closed', 'g1');
      await bench.store.closeSession(closed, null);
      const results = await bench.append(
        fire(without), message('a', '1'), fire(stale), fire(closed), fire({ clientId: 'nobody', epoch: 1 }), message('a', '2'));
      expect(reasons(results)).toEqual(['fenced', 'ok', 'fenced', 'fenced', 'fenced', 'ok']);
      expect((await bench.store.statistics()).messages).toBe(2);
    });

    it('T6 a will outlasts what its session does meanwhile', async () => {
      const session = await openWithWill(bench.store, 'c', 'g1');
      await bench.store.subscribe(session, ['a', 'a/+'].map(subscription));
      await bench.store.unsubscribe(session, ['a']);
      await bench.store.saveProgress([{ session, progress: { cursor: 1, acknowledged: [], inflight: [] } }]);
      await bench.append(message('a', 'x', { clientId: 'c', epoch: session.epoch }));
      expect(reasons(await bench.append(fire(session)))).toEqual(['ok']);
    });

    it('T6 C1 a connection at another gateway takes the will over, in all its parts, and fires it', async () => {
      const will: WillRecord = { ...WILL, log: '$open', topic: 'x/p2p/GID_a@@@1', qos: 2, retain: true, p2pClientId: 'GID_a@@@1', standing: '{"key":"ü"}' };
      const other = await bench.connect();
      for (const [i, clean] of [false, true].entries()) {
        const old = await openWithWill(bench.store, `c${i}`, 'g1', will, clean);
        const mine: WillRecord = { ...WILL, payload: Buffer.alloc(0) };
        const now = await openWithWill(other, `c${i}`, 'g2', mine, clean);
        const owed = { session: { clientId: `c${i}`, epoch: old.epoch }, will };
        expect(now).toMatchObject({ previousOwner: 'g1', previousWill: owed });
        expect(await bench.store.owedWills(10)).toEqual([owed]);
        expect(reasons(await bench.append(fire(old, will), fire(old, will)))).toEqual(['ok', 'fenced']);
        const third = await bench.store.openSession({ clientId: `c${i}`, cleanSession: !clean, gatewayId: 'g3' });
        expect(third.previousWill).toEqual({ session: { clientId: `c${i}`, epoch: now.epoch }, will: mine });
        await bench.store.forgetWill(third.previousWill!.session);
        expect(reasons(await bench.append(fire(now, mine)))).toEqual(['fenced']);
        expect(await bench.store.owedWills(10)).toEqual([]);
      }
    });

    bench.durably('T6 a will that could not be fired is owed from the end of its session on, for whoever fires it first', async () => {
      await bench.offline('sub', 'a/#');
      const sessions = [await openWithWill(bench.store, 'one', 'g1'), await openWithWill(bench.store, 'two', 'g1', WILL, true)];
      for (const session of sessions) await bench.store.closeSession(session, null, undefined, true);
      const other = await bench.connect();
      expect((await other.owedWills(1))).toHaveLength(1);
      expect((await other.owedWills(10)).map(({ session }) => session).sort((a, b) => a.epoch - b.epoch)).toEqual(sessions.map(({ clientId, epoch }) => ({ clientId, epoch })));
      await openWithWill(bench.store, 'one', 'g1', { ...WILL, topic: 'a/later' }); // another connection, another will
      const tries = await Promise.all(sessions.flatMap((session) => [bench.append(fire(session)), bench.append(fire(session))]));
      expect(reasons(tries.flat()).sort()).toEqual(['fenced', 'fenced', 'ok', 'ok']);
      expect(await bench.store.owedWills(10)).toEqual([]);
      expect((await bench.drain('sub')).map((m) => m.topic)).toEqual(['a/will', 'a/will']);
    });

    it('T6 a connection that ended without one, or with its own gateway, owes none', async () => {
      const none = await bench.openSession('none');
      await bench.store.closeSession(none, null, undefined, true);
      await openWithWill(bench.store, 'again', 'g1');
      expect((await openWithWill(bench.store, 'again', 'g1')).previousWill ?? null).toBeNull();
      expect(await bench.store.owedWills(10)).toEqual([]);
    });

    it('T6 a fresh connection finds no will that was fired or given up', async () => {
      const fired = await openWithWill(bench.store, 'fired', 'g1');
      await bench.append(fire(fired));
      const ended = await openWithWill(bench.store, 'ended', 'g1');
      await bench.store.closeSession(ended, null);
      await openWithWill(bench.store, 'deleted', 'g1');
      await bench.store.deleteSession('deleted');
      for (const name of ['fired', 'ended', 'deleted', 'never']) {
        const opened = await bench.openSession(name, false, 'g2');
        expect(opened.previousWill ?? null, name).toBeNull();
        expect(reasons(await bench.append(fire(opened))), name).toEqual(['fenced']);
      }
    });

    bench.durably('T6 T4 a will may be retained, and may go to one client', async () => {
      await bench.offline('target');
      const retained: WillRecord = { ...WILL, retain: true };
      const direct: WillRecord = { ...WILL, topic: 'a/p2p/target', p2pClientId: 'target' };
      const one = await openWithWill(bench.store, 'one', 'g1', retained);
      const two = await openWithWill(bench.store, 'two', 'g1', direct);
      const [id] = (await bench.append(fire(one, retained), fire(two, direct), p2p('a', 'target', 'x'))).map(idOf);
      expect(await retainedOf(bench.store, 'a/#')).toEqual([expect.objectContaining({ id, topic: 'a/will', payload: WILL.payload, clientId: 'one' })]);
      expect((await bench.drain('target')).map((m) => m.topic)).toEqual(['a/p2p/target', 'a/p2p/target']);
    });
  });
}
