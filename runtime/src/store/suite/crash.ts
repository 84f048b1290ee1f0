import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../errors';
import type { AppendRequest, AppendResult, Store } from '../contract';
import { idOf, message, Recorder, sleep, until, type Bench } from './bench';
import { shared } from './shares';
import { fire, openWithWill } from './wills';

/** Sends a batch until it is answered, under the same number, as a gateway does after an ambiguous time-out. */
async function appendSurely(store: Store, gateway: string, batch: number, requests: readonly AppendRequest[]): Promise<readonly AppendResult[]> {
  for (;;) {
    try {
      return await store.append(gateway, batch, requests);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      await sleep(20);
    }
  }
}

export function describeCrash(bench: Bench): void {
  describe('kill -9 of what holds the data', () => {
    it('B5 T5 nothing acknowledged is lost or doubled, order holds, and a tail goes on without gap', async () => {
      await bench.offline('c', ['a/#', 2]);
      const publisher = await bench.openSession('p');
      const recorder = await Recorder.follow(bench.store, 'a');
      const other = await bench.connect();
      const acknowledged: { id: number; payload: string }[] = [];
      let stop = false;

      const send = async (store: Store, gateway: string) => {
        for (let batch = 1; !stop; batch++) {
          const requests = Array.from({ length: 7 }, (_, i) => message(`a/${i}`, `${gateway}-${batch}-${i}`, i < 6 ? {} : {
            qos: 2, clientId: 'p', epoch: publisher.epoch, qos2PacketId: gateway === 'x' ? batch * 2 : batch * 2 + 1 }));
          const results = await appendSurely(store, gateway, batch, requests);
          results.forEach((result, i) => acknowledged.push({ id: idOf(result), payload: requests[i]!.payload.toString() }));
          await sleep(1);
        }
      };
      const senders = [send(bench.store, 'x'), send(other, 'y')];
      for (let round = 0; round < 3; round++) {
        const before = acknowledged.length;
        await until(() => acknowledged.length > before + 200);
        await bench.crash!();
      }
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 200);
      stop = true;
      await Promise.all(senders);

      expect(new Set(acknowledged.map((m) => m.id)).size).toBe(acknowledged.length);
      const expected = [...acknowledged].sort((a, b) => a.id - b.id);
      const drained = (await bench.drain('c', 500)).map(({ id, payload }) => ({ id, payload }));
      expect(drained).toEqual(expected);
      for (const gateway of ['x', 'y']) {
        const own = drained.filter((m) => m.payload.startsWith(gateway)).map((m) => Number(m.payload.split('-')[1]));
        expect(own).toEqual([...own].sort((a, b) => a - b));
      }
      await until(() => recorder.messages.length >= expected.length);
      expect(recorder.messages.map((m) => ({ id: m.id, payload: m.payload.toString() }))).toEqual(expected);
      await recorder.close();
    });

    it('B5 T6 wills and what was claimed of a share survive', async () => {
      await bench.alive('g1');
      const session = await openWithWill(bench.store, 'c', 'g1');
      await bench.store.subscribe(session, [shared('s', 'a')]);
      const share = { log: 'a', name: 's', filter: 'a' };
      await bench.append(...['1', '2', '3'].map((text) => message('a', text)));
      const [first] = await bench.store.claimShared(share, 'g1', 1);
      await bench.store.settleShared(share, 'g1', { done: [first!.id], released: [] });
      await bench.store.claimShared(share, 'g1', 1);
      await bench.crash!();
      await until(() => bench.store.availability.available);
      expect((await bench.store.claimShared(share, 'g2', 10)).map((m) => m.payload.toString())).toEqual(['3']);
      expect((await bench.append(fire(session)))[0]!.ok).toBe(true);
    });

    it('B5 sessions, progress and take-over survive, and availability is told', async () => {
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, [{ filter: 'a', log: 'a', qos: 1 }]);
      const id = await bench.publish('a', '1');
      await bench.store.saveProgress([{ session, progress: { cursor: id, acknowledged: [], inflight: [] } }]);
      const changes: boolean[] = [];
      bench.store.onAvailability((a) => changes.push(a.available));
      await bench.crash!();
      await until(() => bench.store.availability.available && changes.length > 0);
      expect(bench.store.availability.available).toBe(true);
      expect(changes[0]).toBe(false);
      expect(changes.at(-1)).toBe(true);
      await bench.publish('a', '2');
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual(['2']);
      await expect(bench.store.subscribe(session, [])).rejects.toMatchObject({ name: 'FencedError' });
    });
  });
}
