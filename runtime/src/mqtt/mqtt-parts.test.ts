import mqttPacket from 'mqtt-packet';
import { describe, expect, it, vi } from 'vitest';
import type { AppendRequest, AppendResult, Store, StoredMessage } from '../store/contract';
import { OutOfTurnError, StoreUnavailableError } from '../store/errors';
import { AppendQueue } from './append-queue';
import { DeliveryQueue } from './delivery-queue';
import { InflightWindow } from './inflight-window';
import { Outgoing } from './outgoing';
import { encodePublish } from './publish-frame';
import { until } from '../store/suite/bench';
import { Router, type LiveSubscription, type Receiver } from './router';

const message = (id: number, topic = 'demo/a', qos: 0 | 1 | 2 = 1): StoredMessage =>
  ({ id, log: topic.split('/')[0]!, topic, qos, payload: Buffer.from(`m${id}`), cleanSession: true, clientId: 'c' });

describe('the PUBLISH encoder (MQTT 3.1.1, 3.3)', () => {
  it.each([
    [{ topic: 'a', payload: Buffer.alloc(0), qos: 0 as const }],
    [{ topic: 'temp/é/温度', payload: Buffer.from('x'), qos: 1 as const, packetId: 65_535, dup: true }],
    [{ topic: 'a/b', payload: Buffer.alloc(120, 1), qos: 2 as const, packetId: 1, retain: true }],
    [{ topic: 'a/b', payload: Buffer.alloc(16_384, 2), qos: 1 as const, packetId: 7 }],
    [{ topic: 'a/b', payload: Buffer.alloc(2_100_000, 3), qos: 0 as const }],
  ])('gives the bytes of mqtt-packet: %#', (frame) => {
    const expected = mqttPacket.generate({
      cmd: 'publish', topic: frame.topic, payload: frame.payload, qos: frame.qos, messageId: 'packetId' in frame ? frame.packetId : undefined,
      dup: 'dup' in frame ? frame.dup! : false, retain: 'retain' in frame ? frame.retain! : false,
    });
    expect(encodePublish(frame).equals(expected)).toBe(true);
  });
});

describe('T5 the in-flight window', () => {
  it('moves its floor over an unbroken head only, and lists what is done behind a stuck one', () => {
    const window = new InflightWindow(4);
    const [a, b, c] = [10, 20, 30].map((id) => window.add(message(id), 1, true));
    expect(window.floor()).toBe(10);
    window.acknowledge(b!.packetId, 'puback');
    expect(window.floor()).toBe(10);
    expect(window.acknowledgedAbove(9)).toEqual([20]);
    window.acknowledge(a!.packetId, 'puback');
    expect(window.floor()).toBe(30);
    expect(window.acknowledgedAbove(29)).toEqual([]);
    window.acknowledge(c!.packetId, 'puback');
    expect(window.floor()).toBeNull();
  });

  it('ignores an acknowledgement of the other QoS and of unknown packet identifiers', () => {
    const window = new InflightWindow(4);
    const entry = window.add(message(1), 2, true);
    expect(window.acknowledge(entry.packetId, 'puback')).toBeUndefined();
    expect(window.acknowledge(entry.packetId + 1, 'pubcomp')).toBeUndefined();
    expect(window.received(entry.packetId)?.released).toBe(true);
    expect(window.acknowledge(entry.packetId, 'pubcomp')).toBe(entry);
  });

  it('never gives a packet identifier twice, zero included, over the 16-bit turn [MQTT-2.3.1-1]', () => {
    const window = new InflightWindow(8);
    const stuck = window.add(message(1), 1, true);
    for (let i = 2; i < 70_000; i++) {
      if (window.full) break;
      const entry = window.add(message(i), 1, false);
      expect(entry.packetId).toBeGreaterThan(0);
      expect(entry.packetId).toBeLessThan(65_536);
      expect(entry.packetId).not.toBe(stuck.packetId);
      window.acknowledge(entry.packetId, 'puback');
    }
    expect(window.full).toBe(true); // a stuck head bounds how far the rest runs ahead
    window.acknowledge(stuck.packetId, 'puback');
    expect(window.full).toBe(false);
  });
});

describe('T5 the window of a client that acknowledges fast', () => {
  const fill = (window: InflightWindow): number[] => {
    const sent: number[] = [];
    while (!window.full) sent.push(window.add(message(sent.length + 1), 1, true).packetId);
    return sent;
  };

  it('opens twofold with each window, up to its bound, and closes when its socket is backed up', () => {
    const window = new InflightWindow(4, 10);
    const sizes = [1, 2, 3, 4].map(() => {
      const sent = fill(window);
      sent.forEach((packetId) => window.acknowledge(packetId, 'puback'));
      return sent.length;
    });
    expect(sizes).toEqual([4, 8, 10, 10]);
    window.backedUp();
    expect(fill(window)).toHaveLength(4);
  });

  it('closes again when it becomes slow, and never opens for one that always was', () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const fast = new InflightWindow(4, 10);
      fill(fast).forEach((packetId) => fast.acknowledge(packetId, 'puback'));
      const slow = new InflightWindow(4, 10);
      for (let round = 0; round < 3; round++) {
        for (const window of [fast, slow]) {
          const sent = fill(window);
          now += 5_000;
          sent.forEach((packetId) => window.acknowledge(packetId, 'puback'));
        }
      }
      expect([fast.slots, slow.slots]).toEqual([4, 4]);
    } finally {
      clock.mockRestore();
    }
  });
});

describe('the delivery queue', () => {
  it('counts and keeps order over many turns', () => {
    const queue = new DeliveryQueue({ queueMessages: 10_000, queueBytes: 10_000 });
    let next = 0;
    for (let i = 0; i < 5_000; i++) {
      queue.push({ outgoing: new Outgoing(message(i)), qos: 1, tracked: true });
      if (i % 3 !== 0) expect(queue.shift()!.outgoing.message.id).toBe(next++);
    }
    expect(queue.length).toBe(5_000 - next);
    expect(queue.floor()).toBe(next);
    expect(queue.drain().map((d) => d.outgoing.message.id)).toEqual(Array.from({ length: 5_000 - next }, (_, i) => next + i));
    expect(queue.length).toBe(0);
  });

  it.each([['messages', { queueMessages: 3, queueBytes: 1_000 }], ['bytes', { queueMessages: 1_000, queueBytes: 9 }]])('is full by its %s, until one leaves', (_name, limits) => {
    const queue = new DeliveryQueue(limits);
    for (const id of [101, 102, 103]) {
      expect(queue.full).toBe(false);
      queue.push({ outgoing: new Outgoing(message(id)), qos: 1, tracked: true });
    }
    expect(queue.full).toBe(true);
    queue.shift();
    expect(queue.full).toBe(false);
  });
});

describe('the router', () => {
  class Sink implements Receiver {
    readonly got: string[] = [];
    constructor(readonly clientId: string) {}
    offer(outgoing: Outgoing, qos: number): void {
      this.got.push(`${outgoing.message.id}@${qos}`);
    }
  }
  const subscribe = (router: Router<Sink>, receiver: Sink, filter: string, qos: 0 | 1 | 2, since = 0): LiveSubscription<Sink> => {
    const subscription = { receiver, filter, log: filter.split('/')[0]!, qos, since };
    router.add(subscription);
    return subscription;
  };
  const p2p = (topic: string): string | null => /^[^/]+\/p2p\/(.+)$/.exec(topic)?.[1] ?? null;

  it('delivers once to overlapping filters, at the highest granted QoS [MQTT-3.3.5-1]', () => {
    const router = new Router<Sink>(p2p);
    const sink = new Sink('c');
    subscribe(router, sink, 'demo/a', 0);
    subscribe(router, sink, 'demo/+', 2);
    subscribe(router, sink, 'demo/#', 1);
    router.route(message(1, 'demo/a', 2));
    router.route(message(2, 'demo/a', 1));
    expect(sink.got).toEqual(['1@2', '2@1']);
  });

  it('T4 gives a P2P message to its target alone, whatever others subscribe', () => {
    const router = new Router<Sink>(p2p);
    const [target, other] = [new Sink('GID_a@@@1'), new Sink('GID_a@@@2')];
    router.addReceiver(target);
    router.addReceiver(other);
    subscribe(router, other, 'demo/#', 1);
    router.route(message(1, 'demo/p2p/GID_a@@@1', 1));
    expect(target.got).toEqual(['1@1']);
    expect(other.got).toEqual([]);
  });

  it('keeps what came before a subscription away from it', () => {
    const router = new Router<Sink>(p2p);
    const sink = new Sink('c');
    subscribe(router, sink, 'demo/a', 1, 5);
    const wide = subscribe(router, sink, 'demo/#', 1, 7);
    router.route(message(5));
    router.route(message(6));
    router.remove(wide);
    router.route(message(8));
    expect(sink.got).toEqual(['6@1', '8@1']);
  });
});

describe('a message that waits', () => {
  it('keeps no more alive than itself', () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const outgoing = new Outgoing({ ...message(1), payload: chunk.subarray(100, 110) });
    outgoing.compact();
    expect(outgoing.message.payload.toString()).toBe('xxxxxxxxxx');
    expect(outgoing.message.payload.buffer.byteLength).toBe(10);
    const most = new Outgoing({ ...message(2), payload: chunk.subarray(0, 40_000) });
    most.compact();
    expect(most.message.payload.buffer).toBe(chunk.buffer);
  });
});

describe('the append queue', () => {
  const limits = { batchMessages: 3, batchBytes: 100, holdMilliseconds: 300, retryMilliseconds: 5 };
  const request = (n: number, bytes = 1): AppendRequest =>
    ({ log: 'demo', topic: `demo/${n}`, qos: 1, payload: Buffer.alloc(bytes), cleanSession: true, clientId: 'c', epoch: 1, qos2PacketId: null, p2pClientId: null, retain: false });
  type Append = Store['append'];
  const queueOn = (append: Append): AppendQueue => new AppendQueue({ append } as unknown as Store, 'g', limits);
  const stored = (requests: readonly AppendRequest[], from = 1): AppendResult[] => requests.map((_, i) => ({ ok: true, id: from + i, duplicate: false }));

  it('keeps one batch in flight, within its bounds, and answers in order', async () => {
    const sizes: number[] = [];
    let running = 0;
    const queue = queueOn(async (_gateway, _batch, requests) => {
      expect(++running).toBe(1);
      sizes.push(requests.length);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      return stored(requests);
    });
    const answered: number[] = [];
    for (let i = 0; i < 7; i++) queue.push(request(i), () => answered.push(i));
    queue.push(request(7, 99), () => answered.push(7));
    queue.push(request(8, 200), () => answered.push(8));
    await queue.idle();
    expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(sizes).toEqual([3, 3, 2, 1]); // 6 and 7 fill 100 bytes; one larger than the bound goes alone
    expect(queue.pendingBytes).toBe(0);
  });

  describe('with a store in another process', () => {
    const wide = { ...limits, batchMessages: 512, batchBytes: 100_000 };
    const remote = (append: Append): AppendQueue => new AppendQueue({ append, ownProcess: true } as unknown as Store, 'g', wide);
    /** The store's answers, given one by one. */
    function answering() {
      const calls: { batch: number; size: number; behind: boolean; answer: () => void; fail: (error: Error) => void }[] = [];
      const append: Append = (_gateway, batch, requests, behind = false) => new Promise((resolve, reject) =>
        calls.push({ batch, size: requests.length, behind, answer: () => resolve(stored(requests)), fail: reject }));
      const queue = remote(append);
      const answered: number[] = [];
      for (let i = 0; i < 100; i++) queue.push(request(i), (error) => answered.push(error === null ? i : -1 - i));
      const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
      const shown = () => calls.map(({ batch, size, behind }) => `${batch} of ${size}${behind ? ' behind' : ''}`);
      return { calls, queue, answered, turn, shown };
    }
    const inOrder = Array.from({ length: 100 }, (_, i) => i);

    it('it has two batches, the second to be stored behind the first', async () => {
      const { calls, queue, answered, turn, shown } = answering();
      await turn();
      expect(shown()).toEqual(['1 of 50', '2 of 50 behind']);
      calls[1]!.answer(); // cannot be; the answers keep their order all the same
      await turn();
      expect(answered).toEqual([]);
      calls[0]!.answer();
      await queue.idle();
      expect(answered).toEqual(inOrder);
    });

    it('B5 T3 what is sent again goes one after the other, under its number', async () => {
      const { calls, queue, answered, turn, shown } = answering();
      await turn();
      calls[0]!.fail(new StoreUnavailableError('away'));
      calls[1]!.fail(new StoreUnavailableError('away'));
      await until(() => calls.length === 3);
      expect(shown().slice(2)).toEqual(['1 of 50']);
      await turn();
      expect(calls.length).toBe(3);
      calls[2]!.answer();
      await until(() => calls.length === 4);
      expect(shown()[3]).toBe('2 of 50');
      calls[3]!.answer();
      await queue.idle();
      expect(answered).toEqual(inOrder);
    });

    it('T3 what came out of turn waits for the batch before it', async () => {
      const { calls, queue, answered, turn, shown } = answering();
      await turn();
      calls[1]!.fail(new OutOfTurnError('early'));
      await turn();
      expect(calls.length).toBe(2);
      calls[0]!.answer();
      await until(() => calls.length === 3);
      expect(shown()[2]).toBe('2 of 50');
      calls[2]!.answer();
      await queue.idle();
      expect(answered).toEqual(inOrder);
    });
  });

  it('B5 sends a batch again under its number while the store is away', async () => {
    const numbers: number[] = [];
    const queue = queueOn(async (_gateway, batch, requests) => {
      numbers.push(batch);
      if (numbers.length < 4) throw new StoreUnavailableError('away');
      return stored(requests);
    });
    const errors: unknown[] = [];
    queue.push(request(1), (error) => errors.push(error));
    await queue.idle();
    queue.push(request(2), (error) => errors.push(error));
    await queue.idle();
    expect(errors).toEqual([null, null]);
    expect(numbers).toEqual([1, 1, 1, 1, 2]);
  });

  it('B5 gives up after the hold and acknowledges nothing', async () => {
    const queue = queueOn(async () => {
      throw new StoreUnavailableError('away');
    });
    const errors: (Error | null)[] = [];
    queue.push(request(1), (error) => errors.push(error));
    await queue.idle();
    expect(errors[0]).toBeInstanceOf(StoreUnavailableError);
  });

  it('passes each message its own status', async () => {
    const queue = queueOn(async (_gateway, _batch, requests) => requests.map((r, i) => (i === 1 ? { ok: false, reason: 'full', message: `no room for ${r.topic}` } : { ok: true, id: i, duplicate: false })));
    const results: (AppendResult | null)[] = [];
    for (let i = 0; i < 3; i++) queue.push(request(i), (_error, result) => results.push(result));
    await queue.idle();
    expect(results.map((r) => r!.ok)).toEqual([true, false, true]);
  });
});
