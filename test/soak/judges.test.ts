/** The judges of what comes and goes are judged: each planted violation is found, and what the rules allow is let pass. */
import { describe, expect, it } from 'vitest';
import type { Delivery } from './connection-events';
import { Ledger, payloadOf, type Stream } from './ledger';
import { RetainedWatch } from './retained';
import { Spans } from './spans';
import { WillWatch } from './wills';

function setting(isAnnounced: (at: number) => boolean = () => false) {
  let now = 0;
  const ledger = new Ledger(() => now, isAnnounced);
  const kinds = (): string[] => ledger.violations.map(({ kind }) => kind);
  /** Each step is a moment of its own. */
  const tick = <T>(step: () => T): T => {
    now++;
    return step();
  };
  const send = (stream: Stream, acknowledged = true): number => tick(() => {
    const { number } = ledger.send(stream);
    if (acknowledged) tick(() => ledger.acknowledge(stream, number));
    return number;
  });
  const message = (stream: Stream, number: number, retain = false): Delivery =>
    ({ topic: stream.topic, payload: payloadOf(stream.id, number), qos: stream.qos, retain, connection: 1 });
  return { ledger, kinds, tick, send, message, at: () => now };
}

describe.each([true, false])('T5 subscriptions that come and go (clean session: %s)', (clean) => {
  function subscriber(qos: 1 | 2 = 1, isAnnounced?: (at: number) => boolean) {
    const world = setting(isAnnounced);
    const stream = world.ledger.stream('p', 'demo/x', qos);
    const spans = new Spans(world.ledger, 'c', { filter: 'demo/#', qos: 2 }, clean);
    const { tick, message } = world;
    const get = (...numbers: number[]): void => { for (const number of numbers) tick(() => spans.deliver(message(stream, number))); };
    const subscribe = (): void => { tick(() => spans.asking()); tick(() => spans.granted()); };
    const leave = (): void => { tick(() => spans.leaving()); tick(() => spans.left()); };
    const judge = (): string[] => { spans.close(); return world.kinds(); };
    return { ...world, send: (acknowledged = true) => world.send(stream, acknowledged), stream, spans, get, subscribe, leave, judge };
  }

  it('lets pass: nothing of before, an end that takes along what had not come, again at QoS 1', () => {
    const { send, get, subscribe, leave, judge, ledger, spans } = subscriber();
    send();
    subscribe();
    for (let i = 0; i < 3; i++) send();
    get(2, 3, 3);
    leave();
    send();
    subscribe();
    send();
    send(false);
    expect(spans.complete).toBe(false);
    get(6);
    expect(spans.complete).toBe(true);
    expect(judge()).toEqual([]);
    expect(ledger.figures.duplicates).toBe(1);
  });

  it('finds what never came to a subscription that stands', () => {
    const { send, get, subscribe, judge } = subscriber();
    subscribe();
    send();
    send();
    get(1);
    expect(judge()).toEqual(['lost']);
  });

  it('finds a gap before something that came', () => {
    const { send, get, subscribe, leave, judge } = subscriber();
    subscribe();
    for (let i = 0; i < 3; i++) send();
    get(1, 3);
    leave();
    expect(judge()).toEqual(['lost']);
  });

  it('finds a wrong order', () => {
    const { send, get, subscribe, judge } = subscriber();
    subscribe();
    for (let i = 0; i < 2; i++) send();
    get(2, 1);
    expect(judge()).toEqual(['order']);
  });

  it('finds what was acknowledged before it subscribed, the first time and again', () => {
    for (const already of [false, true]) {
      const { send, get, subscribe, leave, judge } = subscriber();
      if (already) { subscribe(); leave(); }
      send();
      subscribe();
      get(1);
      expect(judge()).toEqual(['stale']);
    }
  });

  it('finds QoS 2 twice', () => {
    const { send, get, subscribe, judge } = subscriber(2);
    subscribe();
    send();
    get(1, 1);
    expect(judge()).toEqual(['duplicate']);
  });

  it('asked again after a lost answer, it is one subscription; one that the durability forgets is excused', () => {
    const told = subscriber();
    told.tick(() => told.spans.asking());
    told.send();
    told.subscribe();
    told.get(1);
    expect(told.judge()).toEqual([]);
    const forgotten = subscriber(1, (at) => at === 2);
    forgotten.subscribe();
    forgotten.send();
    expect(forgotten.judge()).toEqual([]);
    expect(forgotten.ledger.excused).toBeGreaterThan(0);
  });
});

describe('T6 retained messages', () => {
  function collector() {
    const world = setting();
    const stream = world.ledger.stream('p', 'retained/a', 1, { retain: true });
    const watch = new RetainedWatch(world.ledger, 'c');
    const get = (number: number, retain: boolean): void => watch.deliver(world.message(stream, number, retain));
    return { ...world, send: () => world.send(stream), watch, get };
  }

  it('lets pass: the last one or a newer one, then live ones; in the end the last one alone', () => {
    const { send, watch, get, kinds } = collector();
    send();
    watch.subscribing();
    expect(watch.settled).toBe(false);
    send();
    get(1, true);
    get(2, true);
    get(1, false); // sent again by its publisher
    watch.subscribing();
    get(2, true);
    watch.close();
    expect(kinds()).toEqual([]);
  });

  it('finds one that is older than what was acknowledged, and one behind a newer one', () => {
    const { send, watch, get, kinds } = collector();
    send();
    send();
    watch.subscribing();
    get(1, true);
    send();
    get(3, false);
    get(2, true);
    expect(kinds()).toEqual(['stale', 'stale']);
  });

  it.each([['none', [], 'lost'], ['an older one', [1], 'stale'], ['two', [2, 2], 'stale']] as const)('finds %s in the end', (_, numbers, kind) => {
    const { send, watch, get, kinds } = collector();
    send();
    watch.subscribing();
    send();
    for (const number of numbers) get(number, true);
    watch.close();
    expect(kinds()).toEqual([kind]);
  });

  it('finds one that nobody sent to be kept', () => {
    const { ledger, send, message, kinds } = setting();
    const plain = ledger.stream('p', 'retained/b', 1);
    send(plain);
    new RetainedWatch(ledger, 'c').deliver(message(plain, 1, true));
    expect(kinds()).toEqual(['foreign']);
  });
});

describe('T6 wills', () => {
  const calm = (): boolean => false;

  function mortal() {
    const world = setting();
    const { ledger, tick, message } = world;
    const watch = new WillWatch(ledger, 'c', 'demo/will/c', 2);
    const receiver = ledger.session('r', [{ filter: 'demo/#', qos: 2 }]);
    const connect = (accepted = true): void => { tick(() => watch.will()); if (accepted) tick(() => watch.connected()); };
    const end = (goodbye: boolean | null): void => tick(() => watch.ended({ gateway: 0, goodbye: goodbye === null ? null : Promise.resolve(goodbye) }));
    const fire = (number: number): void => tick(() => ledger.deliver(receiver, 'r', message(watch.stream, number)));
    const judge = async (disturbed = calm): Promise<{ kinds: string[]; goodbyes: number }> => {
      await Promise.resolve();
      ledger.close();
      const goodbyes = watch.close(disturbed);
      return { kinds: world.kinds(), goodbyes };
    };
    return { ...world, watch, connect, end, fire, judge };
  }

  it('lets pass: one of each lost connection, in any order; none or one of what was never accepted, or parted unheard', async () => {
    const { connect, end, fire, judge, ledger } = mortal();
    for (let i = 0; i < 2; i++) { connect(); end(null); }
    fire(2);
    fire(1);
    for (let i = 0; i < 2; i++) { connect(false); end(null); }
    fire(4);
    for (let i = 0; i < 2; i++) { connect(); end(false); }
    fire(5);
    connect();
    end(true);
    connect();
    expect(await judge()).toEqual({ kinds: [], goodbyes: 1 });
    expect(ledger.figures.wills).toBe(2);
  });

  it('finds one that never came', async () => {
    const { connect, end, judge } = mortal();
    connect();
    end(null);
    expect((await judge()).kinds).toEqual(['lost']);
  });

  it('finds one that came twice', async () => {
    const { connect, end, fire, judge } = mortal();
    connect();
    end(null);
    fire(1);
    fire(1);
    expect((await judge()).kinds).toEqual(['duplicate']);
  });

  it('finds one after DISCONNECT, unless something was broken then', async () => {
    for (const side of ['client', 'store', null] as const) {
      const { connect, end, fire, judge } = mortal();
      connect();
      end(true);
      fire(1);
      const disturbed = (where: string): boolean => where === side;
      expect(await judge(disturbed as never)).toEqual(side === null ? { kinds: ['will'], goodbyes: 1 } : { kinds: [], goodbyes: 0 });
    }
  });

  it('finds one of a connection that goes on', async () => {
    const { connect, fire, judge, watch } = mortal();
    connect();
    expect(watch.contradicted).toBe(false);
    fire(1);
    expect(watch.contradicted).toBe(true);
    expect((await judge()).kinds).toEqual(['will']);
  });
});
