import { describe, expect, it } from 'vitest';
import type { OpenedSession, QoS, SessionKey, Share, StoredMessage, Store } from '../contract';
import { idOf, logOf, message, missedAll, p2p, Recorder, sleep, subscription, until, type Bench } from './bench';

/** `$share/<name>/<filter>` as a subscription, and as the share that it joins. */
export function shared(name: string, filter: string, qos: QoS = 1, log = logOf(filter)): { filter: string; log: string; qos: QoS } {
  return { filter: `$share/${name}/${filter}`, log, qos };
}

const texts = (messages: readonly StoredMessage[]) => messages.map((m) => m.payload.toString());

export function describeShares(bench: Bench): void {
  describe('shared subscriptions', () => {
    const A: Share = { log: 'a', name: 's', filter: 'a/#' };

    async function member(clientId: string, share: Share = A, options: { clean?: boolean; qos?: QoS; store?: Store } = {}): Promise<OpenedSession & SessionKey> {
      const store = options.store ?? bench.store;
      const session = await bench.openSession(clientId, options.clean ?? false, 'g1', store);
      await store.subscribe(session, [shared(share.name, share.filter, options.qos ?? 1, share.log)]);
      return session;
    }

    const claim = (gatewayId = 'g1', limit = 100, share = A, store = bench.store) => store.claimShared(share, gatewayId, limit);
    const done = (messages: readonly StoredMessage[], gatewayId = 'g1', share = A) =>
      bench.store.settleShared(share, gatewayId, { done: messages.map((m) => m.id), released: [] });
    const release = (messages: readonly StoredMessage[], gatewayId = 'g1', share = A) =>
      bench.store.settleShared(share, gatewayId, { done: [], released: messages.map((m) => m.id) });

    it('T6 hands each message to one gateway, oldest first, whole, of every QoS', async () => {
      await bench.alive('g1');
      await bench.alive('g2');
      await member('c');
      const payload = Buffer.from([0, 255, 1]);
      const ids = (await bench.append(
        message('a', payload, { clientId: 'p', qos: 2, cleanSession: false }), message('a/x', '1', { qos: 0 }), message('b', 'no'),
        message('a/y/z', '2'), message('a/x', '3'))).map(idOf);
      const one = await claim('g1', 2);
      expect(one).toEqual([
        { id: ids[0], log: 'a', topic: 'a', payload, qos: 2, cleanSession: false, clientId: 'p' },
        { id: ids[1], log: 'a', topic: 'a/x', payload: Buffer.from('1'), qos: 0, cleanSession: true, clientId: '' }]);
      expect(texts(await claim('g2'))).toEqual(['2', '3']);
      expect(await claim('g1')).toEqual([]);
    });

    it.each(['a/x', 'a/+', '#'])('T6 %s: what is published after the first member came, until the last one went', async (filter) => {
      const share: Share = { log: 'a', name: 's', filter };
      await bench.publish('a/x', 'before');
      expect(await claim('g1', 10, share)).toEqual([]);
      const one = await member('one', share);
      await bench.publish('a/x', '1');
      const two = await member('two', share);
      await bench.publish('a/x', '2');
      await bench.store.unsubscribe(one, [`$share/s/${filter}`]);
      await bench.publish('a/x', '3');
      expect(texts(await claim('g1', 10, share))).toEqual(['1', '2', '3']);
      await bench.publish('a/x', 'unread');
      await bench.store.unsubscribe(two, [`$share/s/${filter}`]);
      await bench.publish('a/x', 'nobody');
      expect(await claim('g1', 10, share)).toEqual([]);
      await member('three', share);
      await bench.publish('a/x', '4');
      expect(texts(await claim('g1', 10, share))).toEqual(['4']);
    });

    bench.durably('T6 each kind of member counts once, however often it subscribes, and each way out counts', async () => {
      const joined = async (clientId: string, options: { clean?: boolean; qos?: QoS }) => {
        const session = await member(clientId, A, options);
        await bench.store.subscribe(session, [shared('s', 'a/#', 2)]);
        await bench.store.subscribe(session, [shared('s', 'a/#', options.qos ?? 1)]);
        return session;
      };
      const exists = async () => {
        const id = await bench.publish('a/probe', 'x');
        const claimed = await claim();
        await done(claimed);
        return claimed.some((m) => m.id === id);
      };
      const clean = await joined('clean', { clean: true, qos: 0 });
      const low = await joined('low', { qos: 0 });
      const kept = await joined('kept', {});
      await bench.store.closeSession(clean, null);
      expect(await exists()).toBe(true);
      await bench.store.deleteSession('low');
      await expect(bench.store.subscribe(low, [])).rejects.toMatchObject({ name: 'FencedError' });
      await bench.store.closeSession(kept, null); // persistent: still a member
      expect(await exists()).toBe(true);
      await sleep(20);
      expect(await bench.store.expireSessions(0)).toBe(1);
      expect(await exists()).toBe(false);
      await joined('again', { clean: true });
      await bench.openSession('again', true);
      expect(await exists()).toBe(false);
    });

    bench.durably('T6 shares of one filter, and plain subscriptions beside them, get everything; members get nothing for themselves', async () => {
      await bench.offline('plain', 'a/#');
      const both = await member('both');
      await bench.store.subscribe(both, [shared('t', 'a/#'), shared('s', 'a/+'), subscription('a/own')]);
      await bench.append(message('a/x', '1'), message('a/own', '2'));
      for (const share of [A, { ...A, name: 't' }, { ...A, filter: 'a/+' }]) expect(texts(await claim('g1', 10, share))).toEqual(['1', '2']);
      expect((await bench.drain('plain')).map((m) => m.payload)).toEqual(['1', '2']);
      expect((await missedAll(bench.store, both, both.progress.cursor, await bench.store.lastId())).map((m) => m.payload)).toEqual(['2']);
    });

    bench.durably('T6 a session keeps its shares over a close, as subscriptions', async () => {
      const session = await member('c', A, { qos: 2 });
      await bench.store.closeSession(session, null);
      const back = await bench.openSession('c');
      expect(back.subscriptions).toMatchObject([{ filter: '$share/s/a/#', log: 'a', qos: 2 }]);
    });

    it('T6 what is given back comes first, oldest first, and rings; what is done never comes again', async () => {
      await bench.alive('g1');
      await member('c');
      const recorder = await Recorder.follow(bench.store);
      await bench.append(...Array.from({ length: 6 }, (_, i) => message('a', String(i))));
      const first = await claim('g1', 4);
      await bench.store.settleShared(A, 'g1', { done: [first[1]!.id], released: [first[3]!.id, first[0]!.id] });
      expect(texts(await claim('g2', 3))).toEqual(['0', '3', '4']);
      expect(texts(await claim('g2'))).toEqual(['5']);
      await done([first[2]!]);
      expect(await claim('g1')).toEqual([]);
      await until(() => recorder.notices.length > 0);
      expect(recorder.notices).toEqual([{ kind: 'share', share: A }]);
      await recorder.close();
    });

    it('T6 claims of a gateway that died are given back; until then nobody else gets them', async () => {
      await bench.alive('dies', 0.3);
      await bench.alive('lives');
      await member('c');
      await bench.append(message('a', '1'), message('a', '2'), message('a', '3'));
      const lost = await claim('dies', 2);
      expect(texts(lost)).toEqual(['1', '2']);
      await done([lost[0]!], 'dies');
      expect(texts(await claim('lives'))).toEqual(['3']);
      expect(await claim('lives')).toEqual([]);
      let again: readonly StoredMessage[] = [];
      await until(async () => (again = await claim('lives')).length > 0);
      expect(texts(again)).toEqual(['2']);
      // The sleeper wakes up: it can neither finish nor give back what is another one's now.
      await done(lost, 'dies');
      await release(lost, 'dies');
      await bench.alive('third');
      expect(await claim('third')).toEqual([]);
      await release(again, 'lives');
      expect(texts(await claim('third'))).toEqual(['2']);
    });

    it('T6 claims of a gateway that was removed are given back', async () => {
      await bench.alive('gone');
      await member('c');
      await bench.publish('a', '1');
      expect(texts(await claim('gone'))).toEqual(['1']);
      await bench.store.removeGateway('gone');
      expect(texts(await claim('g2'))).toEqual(['1']);
    });

    const inFlight = (messages: readonly StoredMessage[]) => ({
      cursor: 0, acknowledged: [], inflight: messages.map(({ id, log }, i) => ({ packetId: i + 1, id, log, qos: 2 as QoS, released: false, apart: true as const })),
    });
    const takes = (messages: readonly StoredMessage[], gatewayId = 'g1') => messages.map(({ id }) => ({ share: A, gatewayId, id }));

    bench.durably('T6 what a session takes with its progress is claimed no more, and asking again changes nothing', async () => {
      await bench.alive('g1');
      const session = await member('c', A, { qos: 2 });
      await bench.append(message('a', '1'), message('a', '2'));
      const messages = await claim('g1', 2);
      const entry = { session, progress: inFlight(messages), taken: takes(messages) };
      expect(await bench.store.saveProgress([entry])).toEqual([]);
      expect(await bench.store.saveProgress([entry])).toEqual([]);
      await release(messages);
      await bench.store.removeGateway('g1');
      expect(await claim('g2')).toEqual([]);
      await bench.store.closeSession(session, inFlight(messages), takes(messages));
      expect((await bench.openSession('c', false, 'g2')).progress.inflight.map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
    });

    it('T6 what the session has in flight through a filter of its own does not count as taken', async () => {
      await bench.alive('g1');
      const session = await member('c', A, { qos: 2 });
      await bench.append(message('a', '1'));
      const messages = await claim('g1', 1);
      const own = { cursor: 0, acknowledged: [], inflight: inFlight(messages).inflight.map(({ apart: _, ...record }) => record) };
      expect(await bench.store.saveProgress([{ session, progress: own }])).toEqual([]);
      await release(messages);
      expect(await bench.store.saveProgress([{ session, progress: inFlight(messages), taken: takes(messages) }])).toMatchObject([{ clientId: 'c', epoch: session.epoch }]);
    });

    bench.durably('T6 what was given back to others meanwhile is not taken, and its progress is not saved', async () => {
      await bench.alive('g1');
      const session = await member('c', A, { qos: 2 });
      await bench.append(message('a', '1'), message('a', '2'));
      const messages = await claim('g1', 2);
      await release([messages[1]!]);
      expect(await bench.store.saveProgress([{ session, progress: inFlight(messages), taken: takes(messages) }])).toMatchObject([{ clientId: 'c', epoch: session.epoch }]);
      await bench.store.closeSession(session, inFlight(messages), takes(messages));
      expect((await bench.openSession('c', false, 'g2')).progress.inflight).toEqual([]);
      expect(texts(await claim('g2'))).toEqual(['2']);
      await bench.store.removeGateway('g1');
      expect(texts(await claim('g2'))).toEqual(['1']);
    });

    it('T6 claims whose answer was lost are given back, also to others; those that are known stay', async () => {
      await bench.alive('g1');
      await bench.alive('g2');
      await member('c');
      await bench.append(message('a', '1'), message('a', '2'), message('a', '3'));
      const known = await claim('g1', 1);
      await claim('g1', 1);
      expect(texts(await bench.store.claimShared(A, 'g1', 0, known.map(({ id }) => id)))).toEqual([]);
      expect(texts(await claim('g2'))).toEqual(['2', '3']);
      await bench.store.claimShared(A, 'g1', 5, []);
      await claim('g1');
      expect(texts(await bench.store.claimShared(A, 'g1', 5, []))).toEqual(['1']);
    });

    it('T6 no message is lost or handed out twice to gateways that claim at once', async () => {
      const other = await bench.connect();
      await bench.alive('g1');
      await bench.alive('g2');
      await member('c');
      const got: number[] = [];
      let finished = false;
      const worker = async (store: Store, gatewayId: string) => {
        for (let idle = 0; idle < 3;) {
          const messages = await store.claimShared(A, gatewayId, 7);
          const back = messages.filter((_, i) => i % 5 === 4).map((m) => m.id);
          got.push(...messages.map((m) => m.id).filter((id) => !back.includes(id)));
          await store.settleShared(A, gatewayId, { done: messages.map((m) => m.id).filter((id) => !back.includes(id)), released: back });
          idle = messages.length === 0 && finished ? idle + 1 : 0;
        }
      };
      const workers = [worker(bench.store, 'g1'), worker(other, 'g2'), worker(other, 'g2')];
      const ids: number[] = [];
      for (let batch = 0; batch < 20; batch++) ids.push(...(await bench.append(...Array.from({ length: 25 }, (_, i) => message(`a/${i}`, 'x')))).map(idOf));
      finished = true;
      await Promise.all(workers);
      expect(got.sort((a, b) => a - b)).toEqual(ids);
    });

    it('T5 what retention removed is passed over, also when it was given back', async () => {
      await member('c');
      await bench.append(...Array.from({ length: 10 }, (_, i) => message('a', String(i))));
      await release(await claim('g1', 2));
      await bench.store.trim({ retentionSeconds: 3600, storedMessages: 3 });
      expect(texts(await claim('g1', 2))).toEqual(['7', '8']);
      expect(texts(await claim('g1', 2))).toEqual(['9']);
    });

    it('I5 a deleted log leaves nothing to claim; the share serves the log made again', async () => {
      await member('c');
      await bench.append(message('a', '1'), message('a', '2'));
      await release(await claim('g1', 1));
      await bench.store.deleteLog('a');
      expect(await claim()).toEqual([]);
      await bench.publish('a', '3');
      expect(texts(await claim())).toEqual(['3']);
    });

    it('T4 T1 neither P2P nor a `$` topic under a leading wildcard matches', async () => {
      const all: Share = { log: '$open', name: 's', filter: '#' };
      await member('c', all);
      await member('d');
      await bench.append(p2p('a', 'c', 'direct'), message('$x/y', 'dollar', { log: '$open' }), message('x/y', 'plain', { log: '$open' }));
      expect(texts(await claim('g1', 10, all))).toEqual(['plain']);
      expect(await claim()).toEqual([]);
    });

    it('T6 a share that came up through another gateway takes the next message, after many others too', async () => {
      await bench.publish('a/x', 'warm');
      const other = await bench.connect();
      const session = await bench.openSession('c', false, 'g2', other);
      for (const count of [1, 50, 200]) {
        await other.subscribe(session, Array.from({ length: count }, (_, i) => shared(`n${count}-${i}`, i % 2 === 0 ? 'a/x' : 'a/+')));
        await bench.publish('a/x', String(count), { qos: 0 });
        expect(texts(await claim('g2', 10, { log: 'a', name: `n${count}-${count - 1}`, filter: count === 1 ? 'a/x' : 'a/+' }, other))).toEqual([String(count)]);
      }
    });

    it('T6 names and filters stay apart, whatever they hold', async () => {
      const shares: Share[] = [
        { log: 'a', name: 's', filter: 'a//x' }, { log: 'a', name: 's:a', filter: 'a//x' }, { log: 'a', name: 'ü ☃', filter: 'a//+' }, { log: 'a', name: '__proto__', filter: 'a//x' }];
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, shares.map((s) => shared(s.name, s.filter)));
      await bench.publish('a//x', '1');
      for (const share of shares) expect(texts(await claim('g1', 10, share)), share.name).toEqual(['1']);
      expect(await claim('g1', 10, { log: 'a', name: 'other', filter: 'a//x' })).toEqual([]);
    });
  });
}
