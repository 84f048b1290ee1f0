import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { QoS } from '../store/contract';
import { HeldPublishes } from './held-publishes';
import { Traffic, type WaitingSender } from './traffic';
import { weightOf } from './weights';

describe('E4 weights of messages', () => {
  it.each([
    [0, true, 1], [0, false, 1], [1, true, 2], [1, false, 5], [2, true, 5], [2, false, 5],
  ] as const)('QoS %i, clean session %s: ×%i', (qos, clean, weight) => {
    expect(weightOf(qos, clean)).toBe(weight);
  });

  it('E4 the worked example: 100 clean sessions that send 1, 2, 3 messages of QoS 0, 1, 2 and receive one of each make 2800', () => {
    const traffic = new Traffic();
    for (let client = 0; client < 100; client++) {
      for (const qos of [0, 1, 1, 2, 2, 2] as QoS[]) expect(traffic.receive(weightOf(qos, true))).toBe(true);
      for (const qos of [0, 1, 2] as QoS[]) expect(traffic.send(weightOf(qos, true))).toBe(true);
    }
    expect(traffic.receivedWeight).toBe(100 * (1 + 2 * 2 + 3 * 5));
    expect(traffic.sentWeight).toBe(100 * (1 + 2 + 5));
    expect(traffic.receivedWeight + traffic.sentWeight).toBe(2_800);
    expect([traffic.receivedMessages, traffic.sentMessages]).toEqual([600, 300]);
  });
});

describe('E5 above the TPS ceiling', () => {
  let now = 0;
  beforeEach(() => { now = 0; vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }); });
  afterEach(() => vi.useRealTimers());
  const pass = (seconds: number): void => {
    for (let step = 0; step < seconds * 100; step++) {
      now += 10;
      vi.advanceTimersByTime(10);
    }
  };

  /** A client that always has more to send. */
  class Endless implements WaitingSender {
    sent = 0;
    pressed = false;
    constructor(private readonly traffic: Traffic, private readonly weight = 1, private left = Infinity) {}
    get weightWaiting(): number { return Number.isFinite(this.left) ? this.left * this.weight : 0; }
    turn(): void {
      for (; this.left > 0; this.left--, this.sent++) {
        if (!this.traffic.send(this.weight)) return this.traffic.waitToSend(this);
      }
    }
  }

  class Publisher {
    passed = 0;
    readonly held: HeldPublishes;
    constructor(traffic: Traffic, count: number, weight = 1, readonly refreshKeepAlive = vi.fn()) {
      this.held = new HeldPublishes(traffic, this);
      for (let i = 0; i < count; i++) this.held.hold(weight, () => { expect(this.passed).toBe(i); this.passed++; });
    }
  }

  it('E2 without a ceiling everything passes at once', () => {
    const traffic = new Traffic(() => now);
    const endless = new Endless(traffic, 5, 100_000);
    endless.turn();
    expect(endless.sent).toBe(100_000);
    expect(traffic.waiting).toBe(0);
  });

  it.each([10, 1_000, 50_000])('E5 passes %i a second, whatever waits', (ceiling) => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(ceiling);
    const [sender, publisher] = [new Endless(traffic, 2), new Publisher(traffic, ceiling * 10, 5)];
    sender.turn();
    pass(10);
    const weight = sender.sent * 2 + publisher.passed * 5;
    expect(weight).toBeGreaterThan(ceiling * 9.9);
    expect(weight).toBeLessThanOrEqual(ceiling * 10.25 + 5);
    expect(traffic.receivedWeight + traffic.sentWeight).toBe(weight);
    expect(traffic.weightWaiting).toBe((ceiling * 10 - publisher.passed) * 5);
  });

  it('E5 is fair: whoever waits gets its turn, however much another asks for', () => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(100);
    const greedy = new Publisher(traffic, 100_000);
    const modest = Array.from({ length: 9 }, () => new Publisher(traffic, 10));
    pass(1);
    for (const { passed } of modest) expect(passed).toBe(10);
    expect(greedy.passed).toBeLessThanOrEqual(36);
  });

  it('E5 deliveries go first, so that what is taken in can leave; publishers still get their turns', () => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(100);
    const [sender, publisher] = [new Endless(traffic), new Publisher(traffic, 100_000)];
    sender.turn();
    pass(10);
    expect(sender.sent / publisher.passed).toBeGreaterThan(6);
    expect(sender.sent / publisher.passed).toBeLessThan(8);
    sender.pressed = true; // what waits for it has no other place
    const before = publisher.passed;
    pass(10);
    expect(publisher.passed - before).toBeLessThanOrEqual(1);
    sender.pressed = false;
    pass(10);
    expect(publisher.passed - before).toBeGreaterThan(100);
  });

  it('E5 nobody passes those who wait, and a client that left is forgotten', () => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(10);
    expect(traffic.receive(5)).toBe(true);
    const publisher = new Publisher(traffic, 4);
    now += 10_000; // there is room again, but it is not this one's turn
    expect(traffic.send(1)).toBe(false);
    expect(publisher.held.drop()).toBe(4);
    expect(traffic.waiting).toBe(0);
    expect(traffic.send(1)).toBe(true);
    pass(1);
    expect(publisher.passed).toBe(0);
  });

  it('E5 the keep-alive of those who wait is suspended', () => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(1);
    const publisher = new Publisher(traffic, 10);
    traffic.refreshKeepAlive();
    expect(publisher.refreshKeepAlive).toHaveBeenCalledTimes(1);
    publisher.held.drop();
    traffic.refreshKeepAlive();
    expect(publisher.refreshKeepAlive).toHaveBeenCalledTimes(1);
  });

  it('E2 a ceiling that is raised or lifted is in force at once', () => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(10);
    const publisher = new Publisher(traffic, 10_000);
    pass(1);
    expect(publisher.passed).toBeLessThan(15);
    traffic.setLimit(1_000);
    pass(1);
    expect(publisher.passed).toBeGreaterThan(900);
    traffic.setLimit(null);
    expect(publisher.passed).toBe(10_000);
    expect(traffic.waiting).toBe(0);
  });

  it('E5 what cannot wait is paid back by the others, up to a bound', () => {
    const traffic = new Traffic(() => now);
    traffic.setLimit(100);
    for (let i = 0; i < 10_000; i++) traffic.sendAtOnce(5);
    const publisher = new Publisher(traffic, 1_000);
    pass(0.9);
    expect(publisher.passed).toBe(0);
    pass(1);
    expect(publisher.passed).toBeGreaterThan(80);
  });
});
