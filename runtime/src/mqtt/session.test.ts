import { describe, expect, it } from 'vitest';
import type { MissedPage, OpenedSession, SessionProgress, StoredMessage } from '../store/contract';
import { Outgoing } from './outgoing';
import type { SessionLink } from './sender';
import { Session, type SessionContext } from './session';

const message = (id: number): StoredMessage =>
  ({ id, log: 'demo', topic: 'demo/a', qos: 1, payload: Buffer.from(String(id)), cleanSession: true, clientId: 'c' });

/** A session over an index and a router position of the test's own; the client acknowledges at once when it may. */
function sessionOver(limits: { inflightWindow: number; inflightWindowMost: number; queueMessages: number }, progress: SessionProgress = { cursor: 0, acknowledged: [], inflight: [] }): {
  session: Session; received: number[]; index: number[]; route(id: number): void; answer(): Promise<void>; pages: (() => void)[];
} {
  const received: number[] = [];
  const index: number[] = [];
  const unanswered: number[] = [];
  const pages: (() => void)[] = [];
  let routed = 0;
  const link: SessionLink = {
    write: (frame) => {
      // header 2, topic 2 + 6, packet identifier 2, payload
      received.push(Number(frame.subarray(12).toString()));
      unanswered.push(frame.readUInt16BE(10));
    },
    writable: true, onceWritable: () => undefined, close: (reason) => { throw new Error(reason); },
  };
  const context = {
    saver: { touch: () => undefined, forget: () => undefined, saveNow: async () => undefined },
    traffic: { send: () => true, sendAtOnce: () => undefined, waitToSend: () => undefined, leave: () => undefined },
    usage: { sent: () => undefined },
    catchUp: {
      isAddressedTo: () => false,
      messages: async (_session: unknown, entries: readonly { id: number }[]) => new Map(entries.map(({ id }) => [id, message(id)])),
      async *missed(_session: unknown, after: number, upTo: number): AsyncGenerator<MissedPage['messages']> {
        await new Promise<void>((resolve) => pages.push(resolve));
        yield index.filter((id) => id > after && id <= upTo).map((id) => ({ message: message(id), qos: 1 as const }));
      },
    },
    limits: { ...limits, queueBytes: 1_000_000 },
    routedPosition: () => routed,
    mayReceive: () => true,
    mayRead: () => true,
    onDropped: () => undefined,
  } as unknown as SessionContext;
  const opened: OpenedSession = {
    epoch: 1, present: true, previousOwner: null, subscriptions: [], progress,
  };
  const session = new Session(opened, 'c', false, link, context);
  return {
    session, received, index, pages,
    route(id) {
      index.push(id);
      routed = id;
      session.offer(new Outgoing(message(id)), 1);
    },
    async answer() {
      for (let turn = 0; turn < 200; turn++) {
        pages.splice(0).forEach((resolve) => resolve());
        unanswered.splice(0).forEach((packetId) => session.acknowledge(packetId, 'puback'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

describe('T3 T5 a returning session', () => {
  it('gets each message once and in order when what came meanwhile does not fit its queue', async () => {
    const over = sessionOver({ inflightWindow: 32, inflightWindowMost: 32, queueMessages: 50 });
    for (let id = 1; id <= 40; id++) over.index.push(id);
    over.route(41);
    over.session.start({ epoch: 1, present: true, previousOwner: null, subscriptions: [], progress: { cursor: 0, acknowledged: [], inflight: [] } });
    await new Promise((resolve) => setImmediate(resolve));
    for (let id = 42; id <= 90; id++) over.route(id);
    await over.answer();
    for (let id = 91; id <= 95; id++) over.route(id);
    await over.answer();
    expect(over.received).toEqual(Array.from({ length: 95 }, (_, i) => i + 1));
    expect(over.session.progress()).toEqual({ cursor: 95, acknowledged: [], inflight: [] });
  });

  it('T6 gets nothing again at a gateway that is behind the one it comes from', async () => {
    const before: SessionProgress = { cursor: 10, acknowledged: [12], inflight: [] };
    const over = sessionOver({ inflightWindow: 32, inflightWindowMost: 32, queueMessages: 50 }, before);
    for (let id = 1; id <= 5; id++) over.route(id);
    over.session.start({ epoch: 1, present: true, previousOwner: null, subscriptions: [], progress: before });
    await over.answer();
    expect(over.session.progress()).toEqual(before);
    for (let id = 6; id <= 15; id++) over.route(id);
    await over.answer();
    expect(over.received).toEqual([11, 13, 14, 15]);
    expect(over.session.progress()).toEqual({ cursor: 15, acknowledged: [], inflight: [] });
  });
});

describe('T6 what a session takes through a share', () => {
  const limits = { inflightWindow: 32, inflightWindowMost: 32, queueMessages: 50 };
  const opened = (progress: SessionProgress): OpenedSession => ({ epoch: 1, present: true, previousOwner: null, subscriptions: [], progress });
  const claimed = { share: { log: 'demo', name: 'workers', filter: 'demo/a' }, gatewayId: 'g', id: 11 };
  const taken = { packetId: 1, id: 11, log: 'demo', qos: 2, released: false, apart: true } as const;

  it('and has in flight when it comes back does not stand for the copy of its own filter', async () => {
    const start: SessionProgress = { cursor: 10, acknowledged: [], inflight: [] };
    const before = sessionOver(limits, start);
    before.session.start(opened(start));
    await before.answer();
    before.session.offerShared(new Outgoing({ ...message(11), qos: 2 }), 2, () => undefined, claimed);
    await before.answer();
    const left = before.session.close()!;
    expect(left).toEqual({ cursor: 10, acknowledged: [], inflight: [taken] });

    const back = sessionOver(limits, left);
    back.session.start(opened(left));
    await back.answer();
    expect(back.received).toEqual([11]);
    back.route(11);
    await back.answer();
    expect(back.received).toEqual([11, 11]);
    expect(back.session.close()).toEqual({ cursor: 11, acknowledged: [], inflight: [taken] });
  });

  it('also from the index', async () => {
    const left: SessionProgress = { cursor: 10, acknowledged: [], inflight: [taken] };
    const back = sessionOver(limits, left);
    back.route(11);
    back.session.start(opened(left));
    await back.answer();
    expect(back.received).toEqual([11, 11]);
  });

  it('does not bring back the copy that is acknowledged', async () => {
    const left: SessionProgress = { cursor: 9, acknowledged: [11], inflight: [taken] };
    const back = sessionOver(limits, left);
    expect(back.session.progress()).toEqual(left);
    back.session.start(opened(left));
    await back.answer();
    back.route(10);
    back.route(11);
    await back.answer();
    expect(back.received).toEqual([11, 10]);
  });
});
