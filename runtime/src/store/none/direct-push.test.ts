import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../contract';
import { message, p2p, Recorder, subscription, until } from '../suite/bench';
import { NoneStore } from './none-store';

async function openStore(): Promise<NoneStore> {
  const store = new NoneStore();
  await store.open();
  return store;
}

describe('B6 direct push', () => {
  it('a session that asked to be kept is gone after its connection, and what came meanwhile too', async () => {
    const store = await openStore();
    const open = () => store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' });
    const first = { clientId: 'c', ...await open() };
    await store.subscribe(first, [subscription('a')]);
    await store.closeSession(first);
    await store.append('g', 1, [message('a', 'x'), p2p('a', 'c', 'y')]);
    const second = { clientId: 'c', ...await open() };
    expect(second).toMatchObject({ present: false, previousOwner: null, subscriptions: [] });
    expect((await store.readMissed(second, 0, await store.lastId(), 10)).messages).toEqual([]);
  });

  it('a live session that asked to be kept reads again what it was too slow for', async () => {
    const store = await openStore();
    const session = { clientId: 'c', ...await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' }) };
    await store.subscribe(session, [subscription(['a/+', 2])]);
    await store.append('g', 1, [message('a/x', '1', { qos: 0 }), message('a/x', '2', { qos: 2 }), message('b', '3'), p2p('a', 'c', '4'), p2p('a', 'd', '5')]);
    const page = await store.readMissed(session, 0, await store.lastId(), 10);
    expect(page.messages.map((m) => [m.message.payload.toString(), m.qos])).toEqual([['2', 2], ['4', 1]]);
  });

  it('T6 a live session takes messages of a share with its progress: claimed no more, and not twice', async () => {
    const store = await openStore();
    const session = { clientId: 'c', ...await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' }) };
    await store.subscribe(session, [{ filter: '$share/s/a', log: 'a', qos: 2 }]);
    await store.append('g', 1, [message('a', '1'), message('a', '2')]);
    const share = { log: 'a', name: 's', filter: 'a' };
    const [one, two] = await store.claimShared(share, 'g', 2);
    const save = (...claimed: StoredMessage[]) => store.saveProgress([{
      session, progress: { cursor: 0, acknowledged: [], inflight: claimed.map(({ id, log }, i) => ({ packetId: i + 1, id, log, qos: 2, released: false, apart: true })) },
      taken: claimed.map(({ id }) => ({ share, gatewayId: 'g', id })),
    }]);
    expect(await save(one!)).toEqual([]);
    expect(await save(one!)).toEqual([]);
    await store.settleShared(share, 'g', { done: [], released: [one!.id, two!.id] });
    expect(await save(one!, two!)).toMatchObject([{ clientId: 'c', epoch: session.epoch }]);
    expect((await store.claimShared(share, 'h', 9)).map((m) => m.payload.toString())).toEqual(['2']);
  });

  it('memory is bounded, and a tail that is slow loses nothing: the senders wait for it', async () => {
    const store = await openStore();
    class Slow extends Recorder {
      override async onMessages(messages: readonly StoredMessage[], position: number): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await super.onMessages(messages, position);
      }
    }
    const slow = new Slow();
    const tail = await store.tail(slow);
    tail.setLogs(['a']);
    for (let batch = 1; batch <= 100; batch++) await store.append('g', batch, Array.from({ length: 500 }, () => message('a', 'x')));
    expect((await store.statistics()).messages).toBeLessThanOrEqual(20_500);
    await until(() => slow.messages.length >= 50_000);
    expect(slow.messages).toHaveLength(50_000);
    expect(slow.problem).toBeUndefined();
    await tail.close();
  });

  it('a tail that is frozen stops nobody for long', async () => {
    const store = await openStore();
    const tail = await store.tail({ onMessages: () => new Promise(() => undefined), onNotice: () => undefined });
    tail.setLogs(['a']);
    const start = Date.now();
    for (let batch = 1; batch <= 50; batch++) await store.append('g', batch, Array.from({ length: 500 }, () => message('a', 'x')));
    expect((await store.statistics()).messages).toBeLessThanOrEqual(20_500);
    expect(Date.now() - start).toBeLessThan(5000);
    await tail.close();
  });
});
