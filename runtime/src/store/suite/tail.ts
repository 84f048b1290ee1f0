import { describe, expect, it } from 'vitest';
import { idOf, message, missedAll, Recorder, until, type Bench } from './bench';

export function describeTail(bench: Bench): void {
  describe('tail', () => {
    it('T3 gives messages of all followed logs in id order, from the moment of the call', async () => {
      await bench.publish('a', 'before');
      const recorder = await Recorder.follow(bench.store, 'a', 'b');
      await bench.append(message('a', '1'), message('b/x', '2'), message('c', 'no'), message('a/y', '3', { qos: 0 }));
      await until(() => recorder.messages.length >= 3);
      expect(recorder.payloads).toEqual(['1', '2', '3']);
      expect(recorder.messages[1]).toMatchObject({ topic: 'b/x', log: 'b', qos: 1, cleanSession: true, clientId: '' });
      await recorder.close();
    });

    it('the position reaches the newest id', async () => {
      const recorder = await Recorder.follow(bench.store, 'a');
      const id = await bench.publish('a', 'x');
      await until(() => recorder.position >= id);
      expect(recorder.position).toBeGreaterThanOrEqual(id);
      await recorder.close();
    });

    it('a log that is added is followed from the position, and a removed one no longer', async () => {
      const recorder = await Recorder.follow(bench.store, 'a');
      await bench.append(message('b', 'before'), message('a', '1'));
      await until(() => recorder.messages.length >= 1);
      recorder.setLogs('a', 'b');
      await bench.append(message('b', '2'), message('a', '3'));
      await until(() => recorder.messages.length >= 3);
      recorder.setLogs('b');
      await bench.append(message('a', 'no'), message('b', '4'));
      await until(() => recorder.messages.length >= 4);
      expect(recorder.payloads).toEqual(['1', '2', '3', '4']);
      await recorder.close();
    });

    it('a message appended right after setLogs is given soon', async () => {
      let quickest = Infinity;
      for (let round = 0; round < 10 && quickest >= 900; round++) { // a busy machine may be late once, or twice
        const recorder = await Recorder.follow(bench.store);
        recorder.setLogs('a');
        const start = Date.now();
        await bench.publish('a', 'x');
        await until(() => recorder.messages.length >= 1);
        expect(recorder.payloads).toEqual(['x']);
        quickest = Math.min(quickest, Date.now() - start);
        await recorder.close();
      }
      expect(quickest).toBeLessThan(900);
    });

    it('T3 two gateways append to many logs at once: order and position hold at every call, on every tail', async () => {
      const logs = ['a', 'b', 'c', 'd', 'e'];
      const other = await bench.connect();
      const recorders = await Promise.all([Recorder.follow(bench.store, ...logs), Recorder.follow(other, ...logs)]);
      const send = async (store: typeof other, gateway: string) => {
        for (let batch = 1; batch <= 30; batch++) {
          const requests = Array.from({ length: 40 }, (_, i) => message(`${logs[(i * batch) % 5]}/x`, `${gateway}-${batch}-${i}`));
          (await store.append(gateway, batch, requests)).forEach(idOf);
        }
      };
      await Promise.all([send(bench.store, 'x'), send(other, 'y')]);
      for (const recorder of recorders) {
        await until(() => recorder.messages.length >= 2400);
        expect(recorder.messages.length).toBe(2400);
        await recorder.close();
      }
      expect(recorders[0]!.payloads).toEqual(recorders[1]!.payloads);
    });

    it('a backlog far above one read is given without gap, in order', async () => {
      const recorder = await Recorder.follow(bench.store, 'a', 'b');
      let hold: (() => void) | undefined;
      const original = recorder.onMessages.bind(recorder);
      let first = true;
      recorder.onMessages = (messages, position) => {
        original(messages, position);
        if (!first) return undefined;
        first = false;
        return new Promise<void>((resolve) => (hold = resolve));
      };
      await bench.publish('a', 'first');
      await until(() => hold !== undefined);
      const given = recorder.messages.length;
      for (let batch = 0; batch < 10; batch++) {
        // One log runs far ahead of the other, so a limited read reaches different ids in each.
        await bench.append(...Array.from({ length: 400 }, (_, i) => message(i % 50 === 0 ? 'b' : 'a', `${batch * 400 + i}`)));
      }
      expect(recorder.messages.length).toBe(given); // waits for the listener
      hold!();
      await until(() => recorder.messages.length >= 4001);
      expect(recorder.payloads).toEqual(['first', ...Array.from({ length: 4000 }, (_, i) => String(i))]);
      await recorder.close();
    });

    it('a log added beside a busy one: nothing appended after setLogs is missed', async () => {
      const other = await bench.connect();
      const recorder = await Recorder.follow(bench.store, 'busy');
      let stop = false;
      const noise = (async () => {
        for (let batch = 1; !stop; batch++) await other.append('noise', batch, [message('busy', 'x')]);
      })();
      const logs = ['busy'];
      for (let i = 0; i < 60; i++) {
        logs.push(`log${i}`);
        recorder.setLogs(...logs);
        await bench.publish(`log${i}`, String(i));
      }
      stop = true;
      await noise;
      const found = () => recorder.messages.filter((m) => m.log !== 'busy').map((m) => m.payload.toString());
      await until(() => found().length >= 60);
      expect(found()).toEqual(Array.from({ length: 60 }, (_, i) => String(i)));
      await recorder.close();
    });

    bench.durably('T5 what was missed up to the position, then live: each message once, in order', async () => {
      await bench.offline('c', 'a/#');
      const other = await bench.connect();
      const sent: number[] = [];
      let stop = false;
      const sender = (async () => {
        for (let batch = 1; !stop; batch++) {
          sent.push(...(await other.append('s', batch, Array.from({ length: 9 }, () => message('a/x', 'x')))).map(idOf));
        }
      })();
      for (let round = 0; round < 5; round++) {
        const before = sent.length;
        await until(() => sent.length > before + 100);
        const recorder = await Recorder.follow(bench.store, 'a');
        const session = await bench.openSession('c');
        await until(() => recorder.messages.length > 50);
        // Live from here on; what lies at or below comes from the index.
        const { position } = recorder;
        const caught = await missedAll(bench.store, session, session.progress.cursor, position, 50);
        await until(() => recorder.position > position);
        const live = recorder.messages.map((m) => m.id).filter((id) => id > position);
        const ids = [...caught.map((m) => m.id), ...live];
        const end = ids.at(-1)!;
        await until(() => (sent.at(-1) ?? 0) >= end);
        expect(ids).toEqual(sent.filter((id) => id > session.progress.cursor && id <= end));
        await bench.store.closeSession(session, { cursor: end, acknowledged: [], inflight: [] });
        await recorder.close();
      }
      stop = true;
      await sender;
    });

    it('gives nothing after close', async () => {
      const recorder = await Recorder.follow(bench.store, 'a');
      await recorder.close();
      await bench.publish('a', 'x');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(recorder.messages).toEqual([]);
    });
  });
}
