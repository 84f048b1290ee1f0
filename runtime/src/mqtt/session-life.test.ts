/** What a session leaves behind, at whatever moment it ends. */
import { describe, expect, it } from 'vitest';
import type { OpenedSession, SessionProgress } from '../store/contract';
import type { SessionLink } from './sender';
import { Session, type SessionContext } from './session';

const progress: SessionProgress = {
  cursor: 100,
  acknowledged: [103],
  inflight: [
    { packetId: 2, id: 101, log: 'demo', qos: 2, released: true },
    { packetId: 3, id: 102, log: 'demo', qos: 2, released: false },
    { packetId: 4, id: 104, log: 'demo', qos: 1, released: false },
  ],
};
const opened: OpenedSession = { epoch: 7, present: true, previousOwner: null, subscriptions: [], progress };

function session(): Session {
  const link: SessionLink = { write: () => undefined, writable: true, onceWritable: () => undefined, close: () => undefined };
  const context = {
    saver: { touch: () => undefined, forget: () => undefined, saveNow: async () => undefined },
    catchUp: { messages: () => new Promise(() => undefined) },
    traffic: { leave: () => undefined },
    usage: { sent: () => undefined },
    limits: { inflightWindow: 32, inflightWindowMost: 32, queueMessages: 100, queueBytes: 1_000_000 },
    routedPosition: () => 200,
  } as unknown as SessionContext;
  return new Session(opened, 'c', false, link, context);
}

describe('T5 T6 a connection that ends before its session delivers', () => {
  it.each(['before CONNACK', 'while what was in flight is read'])('keeps what was in flight: %s', (moment) => {
    const tested = session();
    if (moment !== 'before CONNACK') tested.start(opened);
    expect(tested.close()).toEqual(progress);
  });
});
