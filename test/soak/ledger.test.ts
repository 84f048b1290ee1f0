/** The judge of the crash suite is judged first: each planted violation is found, and a good run has none. */
import { describe, expect, it } from 'vitest';
import { Ledger, payloadOf } from './ledger';
import type { Delivery } from './connection-events';
import { covers } from './topics';

const came = (topic: string, payload: string, qos: number, connection = 1): Delivery => ({ topic, payload, qos, retain: false, connection });

function setting(isAnnounced: (at: number) => boolean = () => false) {
  const ledger = new Ledger(() => 1_000, isAnnounced);
  const one = ledger.stream('p', 'demo/x', 1);
  const two = ledger.stream('p', 'demo/y', 2);
  const direct = ledger.stream('p', 'demo/p2p/t', 1, { target: 't' });
  const once = ledger.stream('p', 'demo/z', 0);
  const session = ledger.session('c', [{ filter: 'demo/#', qos: 1 }, { filter: 'demo/y', qos: 2 }]);
  const target = ledger.session('t', []);
  const share = ledger.share('g', { filter: 'demo/y', qos: 2 });
  const send = (stream: typeof one, acknowledged = true): string => {
    const { number, payload } = ledger.send(stream);
    if (acknowledged) ledger.acknowledge(stream, number);
    return payload;
  };
  const kinds = (): string[] => ledger.violations.map(({ kind }) => kind);
  return { ledger, one, two, direct, once, session, target, share, send, kinds };
}

describe('T3 T4 T5 T6 the ledger', () => {
  it('accepts what the rules allow: QoS 1 twice, unacknowledged messages, any order within a share', () => {
    const { ledger, one, two, direct, session, target, share, send, kinds } = setting();
    for (const payload of [send(one), send(one)]) ledger.deliver(session, 'c', came('demo/x', payload, 1));
    ledger.deliver(session, 'c', came('demo/x', payloadOf(one.id, 1), 1));
    const [first, second] = [send(two), send(two)];
    for (const payload of [first, second]) ledger.deliver(session, 'c', came('demo/y', payload, 2));
    for (const payload of [second, first]) ledger.deliver(share, 'm', came('demo/y', payload, 2));
    ledger.deliver(target, 't', came('demo/p2p/t', send(direct), 1));
    send(one, false);
    ledger.close();
    expect(kinds()).toEqual([]);
    expect(ledger.figures).toMatchObject({ sent: 6, acknowledged: 5, delivered: 8, duplicates: 1 });
  });

  it('finds an acknowledged message that one session never got', () => {
    const { ledger, one, session, send, kinds } = setting();
    send(one);
    ledger.deliver(session, 'c', came('demo/x', send(one), 1));
    ledger.close();
    expect(kinds()).toEqual(['lost']);
    expect(ledger.violations[0]).toMatchObject({ who: 'c', at: 1_000, text: expect.stringContaining('number 1 of p on demo/x') });
  });

  it('finds a P2P message that its target never got, and a shared one that no member got', () => {
    const { ledger, direct, two, session, send, kinds } = setting();
    send(direct);
    ledger.deliver(session, 'c', came('demo/y', send(two), 2));
    ledger.close();
    expect(kinds()).toEqual(['lost', 'lost']);
    expect(ledger.violations.map(({ who }) => who)).toEqual(['t', 'g']);
  });

  it('counts, instead of condemning, a loss that the durability announces', () => {
    for (const [announced, excused] of [[1_000, 1], [999, 0]]) {
      const { ledger, direct, send, kinds } = setting((at) => at === announced);
      send(direct);
      ledger.close();
      expect(ledger.excused).toBe(excused);
      expect(kinds()).toEqual(excused === 1 ? [] : ['lost']);
    }
  });

  it('finds a first delivery out of order', () => {
    const { ledger, one, session, send, kinds } = setting();
    const [first, second] = [send(one), send(one)];
    ledger.deliver(session, 'c', came('demo/x', second, 1));
    ledger.deliver(session, 'c', came('demo/x', first, 1));
    expect(kinds()).toEqual(['order']);
  });

  it('finds a QoS 2 message that came twice, to a session and within a share', () => {
    const { ledger, two, session, share, send, kinds } = setting();
    const payload = send(two);
    for (let i = 0; i < 2; i++) ledger.deliver(session, 'c', came('demo/y', payload, 2));
    ledger.deliver(share, 'm1', came('demo/y', payload, 2));
    ledger.deliver(share, 'm2', came('demo/y', payload, 2));
    expect(kinds()).toEqual(['duplicate', 'duplicate']);
  });

  it('finds what was never sent, what was changed on the way, and what is somebody else\'s', () => {
    const { ledger, one, direct, session, target, send, kinds } = setting();
    const payload = send(one);
    ledger.deliver(session, 'c', came('demo/x', payloadOf(one.id, 2), 1));
    ledger.deliver(session, 'c', came('demo/x', `${payload}.`, 1));
    ledger.deliver(session, 'c', came('demo/z', payload, 1));
    ledger.deliver(session, 'c', came('demo/p2p/t', send(direct), 1));
    ledger.deliver(target, 't', came('demo/x', payload, 1));
    expect(kinds()).toEqual(['unknown', 'unknown', 'unknown', 'foreign', 'foreign']);
  });

  it('finds a wrong QoS', () => {
    const { ledger, two, session, send, kinds } = setting();
    ledger.deliver(session, 'c', came('demo/y', send(two), 1));
    expect(kinds()).toEqual(['qos']);
  });

  it('T5 QoS 0: lost ones are no matter; twice, or out of order, on one connection is', () => {
    const { ledger, once, session, share, send, kinds } = setting();
    const [first, second, third] = [send(once, false), send(once, false), send(once, false)] as [string, string, string];
    const get = (payload: string, connection: number): void => ledger.deliver(session, 'c', came('demo/z', payload, 0, connection));
    for (const [payload, connection] of [[second, 1], [first, 2], [third, 2], [third, 3]] as const) get(payload, connection);
    ledger.close();
    expect(kinds()).toEqual([]);
    get(third, 3);
    get(second, 3);
    ledger.deliver(share, 'm', came('demo/z', first, 0));
    expect(kinds()).toEqual(['duplicate', 'order', 'foreign']);
  });

  it('T5 QoS 0: one that came before the store lost its last seconds may come again', () => {
    for (const [announced, expected] of [[1_000, []], [999, ['duplicate', 'order']]] as const) {
      const { ledger, once, session, send, kinds } = setting((at) => at === announced);
      const [first, second] = [send(once, false), send(once, false)] as [string, string];
      for (const payload of [second, second, first]) ledger.deliver(session, 'c', came('demo/z', payload, 0, 1));
      expect(kinds()).toEqual(expected);
    }
  });

  it('finds a message that came as a retained one and is none', () => {
    const { ledger, one, session, send, kinds } = setting();
    ledger.deliver(session, 'c', { ...came('demo/x', send(one), 1), retain: true });
    expect(kinds()).toEqual(['foreign']);
  });

  it('matches topics by itself', () => {
    expect([['a/#', 'a'], ['a/#', 'a/b/c'], ['a/+', 'a/b'], ['a/+/c', 'a/b/c']].every(([filter, topic]) => covers(filter!, topic!))).toBe(true);
    expect([['a/+', 'a'], ['a/+', 'a/b/c'], ['a/b', 'a/c'], ['a', 'a/b']].some(([filter, topic]) => covers(filter!, topic!))).toBe(false);
  });
});
