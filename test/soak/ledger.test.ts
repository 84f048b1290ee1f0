/** The judge of the crash suite is judged first: each planted violation is found, and a good run has none. */
import { describe, expect, it } from 'vitest';
import { Ledger, payloadOf } from './ledger';
import { covers } from './topics';

function setting() {
  const ledger = new Ledger(() => 1_000);
  const one = ledger.stream('p', 'demo/x', 1);
  const two = ledger.stream('p', 'demo/y', 2);
  const direct = ledger.stream('p', 'demo/p2p/t', 1, 't');
  const session = ledger.session('c', [{ filter: 'demo/#', qos: 1 }, { filter: 'demo/y', qos: 2 }]);
  const target = ledger.session('t', []);
  const share = ledger.share('g', { filter: 'demo/y', qos: 2 });
  const send = (stream: typeof one, acknowledged = true): string => {
    const { number, payload } = ledger.send(stream);
    if (acknowledged) ledger.acknowledge(stream, number);
    return payload;
  };
  const kinds = (): string[] => ledger.violations.map(({ kind }) => kind);
  return { ledger, one, two, direct, session, target, share, send, kinds };
}

describe('T3 T4 T5 T6 the ledger', () => {
  it('accepts what the rules allow: QoS 1 twice, unacknowledged messages, any order within a share', () => {
    const { ledger, one, two, direct, session, target, share, send, kinds } = setting();
    for (const payload of [send(one), send(one)]) ledger.deliver(session, 'c', 'demo/x', payload, 1);
    ledger.deliver(session, 'c', 'demo/x', payloadOf(one.id, 1), 1);
    const [first, second] = [send(two), send(two)];
    for (const payload of [first, second]) ledger.deliver(session, 'c', 'demo/y', payload, 2);
    for (const payload of [second, first]) ledger.deliver(share, 'm', 'demo/y', payload, 2);
    ledger.deliver(target, 't', 'demo/p2p/t', send(direct), 1);
    send(one, false);
    ledger.close();
    expect(kinds()).toEqual([]);
    expect(ledger.figures).toEqual({ sent: 6, acknowledged: 5, delivered: 8, duplicates: 1 });
  });

  it('finds an acknowledged message that one session never got', () => {
    const { ledger, one, session, send, kinds } = setting();
    send(one);
    ledger.deliver(session, 'c', 'demo/x', send(one), 1);
    ledger.close();
    expect(kinds()).toEqual(['lost']);
    expect(ledger.violations[0]).toMatchObject({ who: 'c', at: 1_000, text: expect.stringContaining('number 1 of p on demo/x') });
  });

  it('finds a P2P message that its target never got, and a shared one that no member got', () => {
    const { ledger, direct, two, session, send, kinds } = setting();
    send(direct);
    ledger.deliver(session, 'c', 'demo/y', send(two), 2);
    ledger.close();
    expect(kinds()).toEqual(['lost', 'lost']);
    expect(ledger.violations.map(({ who }) => who)).toEqual(['t', 'g']);
  });

  it('counts, instead of condemning, a loss that the durability announces', () => {
    const { ledger, direct, send, kinds } = setting();
    send(direct);
    expect(ledger.close((at) => at === 1_000)).toEqual({ excused: 1 });
    expect(kinds()).toEqual([]);
  });

  it('finds a first delivery out of order', () => {
    const { ledger, one, session, send, kinds } = setting();
    const [first, second] = [send(one), send(one)];
    ledger.deliver(session, 'c', 'demo/x', second, 1);
    ledger.deliver(session, 'c', 'demo/x', first, 1);
    expect(kinds()).toEqual(['order']);
  });

  it('finds a QoS 2 message that came twice, to a session and within a share', () => {
    const { ledger, two, session, share, send, kinds } = setting();
    const payload = send(two);
    for (let i = 0; i < 2; i++) ledger.deliver(session, 'c', 'demo/y', payload, 2);
    ledger.deliver(share, 'm1', 'demo/y', payload, 2);
    ledger.deliver(share, 'm2', 'demo/y', payload, 2);
    expect(kinds()).toEqual(['duplicate', 'duplicate']);
  });

  it('finds what was never sent, what was changed on the way, and what is somebody else\'s', () => {
    const { ledger, one, direct, session, target, send, kinds } = setting();
    const payload = send(one);
    ledger.deliver(session, 'c', 'demo/x', payloadOf(one.id, 2), 1);
    ledger.deliver(session, 'c', 'demo/x', `${payload}.`, 1);
    ledger.deliver(session, 'c', 'demo/z', payload, 1);
    ledger.deliver(session, 'c', 'demo/p2p/t', send(direct), 1);
    ledger.deliver(target, 't', 'demo/x', payload, 1);
    expect(kinds()).toEqual(['unknown', 'unknown', 'unknown', 'foreign', 'foreign']);
  });

  it('finds a wrong QoS', () => {
    const { ledger, two, session, send, kinds } = setting();
    ledger.deliver(session, 'c', 'demo/y', send(two), 1);
    expect(kinds()).toEqual(['qos']);
  });

  it('matches topics by itself', () => {
    expect([['a/#', 'a'], ['a/#', 'a/b/c'], ['a/+', 'a/b'], ['a/+/c', 'a/b/c']].every(([filter, topic]) => covers(filter!, topic!))).toBe(true);
    expect([['a/+', 'a'], ['a/+', 'a/b/c'], ['a/b', 'a/c'], ['a', 'a/b']].some(([filter, topic]) => covers(filter!, topic!))).toBe(false);
  });
});
