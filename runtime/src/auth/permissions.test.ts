import { describe, expect, it } from 'vitest';
import { OPEN_LOG } from '../store/contract';
import { key, topic, viewFixture, type ViewFixture } from './auth-fixture';
import { judgePublish, judgeSubscribe, mayReceive, p2pTarget } from './permissions';
import type { Principal } from './types';

const me: Principal = { clientId: 'GID_demo@@@me', group: 'GID_demo', keyId: 'K1', account: 'main', secretTag: null };
const nobody: Principal = { ...me, keyId: null };
const open: ViewFixture = { admission: { mode: 'open', anonymous: true } };
const granted = (grants: { topic: string; publish: boolean; subscribe: boolean }[]): ViewFixture => ({ keys: [key('K1', { access: 'granted', grants })] });

function publish(name: string, fixture: ViewFixture = {}, payloadBytes = 1, who = me) {
  const judged = judgePublish(viewFixture(fixture), who, { topic: name, payloadBytes, qos: 1 });
  return judged.ok ? `${judged.log}${judged.p2pClientId === null ? '' : ` → ${judged.p2pClientId}`}` : judged.refusal.code;
}

function subscribe(filter: string, fixture: ViewFixture = {}, held = 0, who = me) {
  const judged = judgeSubscribe(viewFixture(fixture), who, filter, 1, { held });
  return judged.ok ? judged.log : judged.refusal.code;
}

const long = (prefix: string, length: number) => prefix + 'x'.repeat(length - prefix.length);

describe('T1 the first level is a declared parent topic', () => {
  it.each([
    ['demo', 'demo'], ['demo/a/b', 'demo'], ['demo//', 'demo'], ['other/a', 'topic-undeclared'], ['Demo/a', 'topic-undeclared'], ['/demo', 'topic-undeclared'],
    ['__proto__/a', 'topic-undeclared'], ['constructor', 'topic-undeclared'], ['$SYS/uploadToken', 'topic-reserved'], ['$share/g/demo', 'topic-reserved'],
  ])('publish to %s: %s', (name, expected) => expect(publish(name)).toBe(expected));

  it.each([
    ['demo', 'demo'], ['demo/#', 'demo'], ['demo/+/a', 'demo'], ['#', 'filter-first-level-wildcard'], ['+/a', 'filter-first-level-wildcard'], ['other/#', 'topic-undeclared'],
    ['$SYS/#', 'topic-reserved'], ['__proto__', 'topic-undeclared'],
  ])('subscribe to %s: %s', (filter, expected) => expect(subscribe(filter)).toBe(expected));

  it.each([
    ['$share/g/demo', 'demo'], ['$share/g/demo/#', 'demo'], ['$share/g/other/#', 'topic-undeclared'], ['$share/g/#', 'filter-first-level-wildcard'],
    ['$share/g/$SYS/x', 'topic-reserved'], ['$share/g/demo/p2p/GID_demo@@@me', 'p2p-subscribe-denied'], ['$share/g/$share/g/demo', 'share-malformed'],
    ['$share', 'topic-reserved'], ['$share/', 'share-malformed'], ['$share/g', 'share-malformed'], ['$share/g/', 'share-malformed'],
    ['$share//demo', 'share-malformed'], ['$share/+/demo', 'share-malformed'], ['$share/g/demo/#/a', 'share-malformed'],
  ])('of a shared subscription the filter inside is judged: %s: %s', (filter, expected) => expect(subscribe(filter)).toBe(expected));

  it('B6 direct push: the topics are the instance\'s own', () => {
    expect(publish('demo/a', { directPush: true })).toBe('demo');
    expect(publish('other/a', { directPush: true })).toBe('topic-undeclared');
  });
});

describe('A5 permissions of topics and rights of keys', () => {
  it('the topic\'s permission holds for everybody', () => {
    expect(publish('inbound/a')).toBe('inbound');
    expect(subscribe('inbound/a')).toBe('topic-subscribe-denied');
    expect(publish('outbound/a')).toBe('topic-publish-denied');
    expect(subscribe('outbound/a')).toBe('outbound');
  });

  it('a limited key may do what was granted, per topic', () => {
    const writer = granted([{ topic: 'demo', publish: true, subscribe: false }]);
    expect(publish('demo/a', writer)).toBe('demo');
    expect(subscribe('demo/a', writer)).toBe('right-subscribe-denied');
    const reader = granted([{ topic: 'demo', publish: false, subscribe: true }]);
    expect(publish('demo/a', reader)).toBe('right-publish-denied');
    expect(subscribe('demo/a', reader)).toBe('demo');
    expect(publish('inbound/a', writer)).toBe('right-publish-denied');
    expect(publish('demo/a', granted([]))).toBe('right-publish-denied');
  });

  it('two grants of one topic add up', () => {
    const both = granted([{ topic: 'demo', publish: true, subscribe: false }, { topic: 'demo', publish: false, subscribe: true }]);
    expect([publish('demo', both), subscribe('demo', both)]).toEqual(['demo', 'demo']);
  });

  it('without a key, or with one that is gone, nothing is permitted', () => {
    expect(publish('demo', {}, 1, nobody)).toBe('right-publish-denied');
    expect(subscribe('demo', { keys: [] })).toBe('right-subscribe-denied');
  });
});

describe('T4 P2P', () => {
  it.each([
    ['demo/p2p/GID_demo@@@you', 'demo → GID_demo@@@you'],
    ['demo/p2p', 'p2p-malformed'], ['demo/p2p/', 'p2p-malformed'], ['demo/p2p/you', 'p2p-malformed'], ['demo/p2p/GID_demo@@@you/x', 'p2p-malformed'],
    [`demo/p2p/GID_demo@@@${'x'.repeat(54)}`, 'p2p-malformed'],
    ['demo/p2px/a', 'demo'], ['demo/a/p2p/b', 'demo'], ['demo//p2p', 'demo'],
    ['other/p2p/GID_demo@@@you', 'topic-undeclared'], ['outbound/p2p/GID_demo@@@you', 'topic-publish-denied'],
  ])('publish to %s: %s', (name, expected) => expect(publish(name)).toBe(expected));

  it.each(['demo/p2p', 'demo/p2p/#', 'demo/p2p/+', 'demo/p2p/GID_demo@@@me', 'demo/p2p/GID_demo@@@you'])('nobody subscribes to %s', (filter) => {
    expect(subscribe(filter)).toBe('p2p-subscribe-denied');
  });

  it('only its client receives it, whatever else it subscribes to', () => {
    const view = viewFixture();
    expect(mayReceive(view, me, 'demo', 'demo/p2p/GID_demo@@@me')).toBe(true);
    expect(mayReceive(view, me, 'demo', 'demo/p2p/GID_demo@@@you')).toBe(false);
    expect(p2pTarget(view, 'demo/p2p/GID_demo@@@me')).toBe('GID_demo@@@me');
    expect([p2pTarget(view, 'demo/p2p'), p2pTarget(view, 'demo/p2p/'), p2pTarget(view, 'demo/a')]).toEqual([null, null, null]);
  });
});

describe('L4 limits', () => {
  it('a topic has 128 characters, counted as characters; P2P topics are exempt', () => {
    expect(publish(long('demo/', 128))).toBe('demo');
    expect(publish(long('demo/', 129))).toBe('topic-too-long');
    expect(publish(`demo/${'温'.repeat(123)}`)).toBe('demo');
    expect(publish(`demo/${'😀'.repeat(123)}`)).toBe('demo');
    expect(subscribe(long('demo/', 129))).toBe('topic-too-long');
    const parent = 'p'.repeat(64);
    expect(publish(`${parent}/p2p/${long('GID_demo@@@', 64)}`, { topics: [topic(parent)], limits: { topicLength: 100 } })).toBe(`${parent} → ${long('GID_demo@@@', 64)}`);
  });

  it('a topic has 100 levels', () => {
    expect(publish(`demo${'/'.repeat(99)}`)).toBe('demo');
    expect(publish(`demo${'/'.repeat(100)}`)).toBe('topic-levels-exceeded');
    expect(subscribe(`demo${'/'.repeat(100)}`)).toBe('topic-levels-exceeded');
  });

  it('a payload has 64 KiB', () => {
    expect(publish('demo', {}, 65_536)).toBe('demo');
    expect(publish('demo', {}, 65_537)).toBe('payload-too-large');
    expect(publish('demo', { ...open }, 65_537)).toBe('payload-too-large');
  });

  it('a client has 30 subscriptions', () => {
    expect(subscribe('demo/a', {}, 29)).toBe('demo');
    expect(subscribe('demo/a', {}, 30)).toBe('subscriptions-exceeded');
  });

  it('a parent topic has 100 wildcard filters; exact ones are not counted', () => {
    const limit = (filter: string, fixture: ViewFixture = {}) =>
      judgeSubscribe(viewFixture(fixture), me, filter, 1, { held: 0 });
    for (const filter of ['demo/#', 'demo/+/x', '$share/s/demo/#']) expect(limit(filter)).toMatchObject({ ok: true, wildcardLimit: 100 });
    for (const filter of ['demo/a', '$share/s/demo/a']) expect(limit(filter)).toMatchObject({ ok: true, wildcardLimit: null });
    expect(limit('demo/#', open)).toMatchObject({ ok: true, wildcardLimit: null });
  });
});

describe('open admission', () => {
  it('takes any topic and filter into one log, but not what the server tells itself', () => {
    expect(publish('any/where', open, 1, nobody)).toBe(OPEN_LOG);
    expect(publish('demo/p2p/x', open, 1, nobody)).toBe(OPEN_LOG);
    expect(publish(long('a', 2_000), open, 1, nobody)).toBe(OPEN_LOG);
    expect(publish('$SYS/x', open)).toBe('topic-reserved');
    for (const filter of ['#', '+/+', 'a/#', 'demo/p2p/#']) expect(subscribe(filter, open, 100, nobody)).toBe(OPEN_LOG);
    expect(subscribe('$SYS/#', open)).toBe(OPEN_LOG); // nothing comes of it
    expect(publish('$any/x', open, 1, nobody)).toBe(OPEN_LOG);
    expect(subscribe('a', open, 1_000)).toBe('subscriptions-exceeded');
  });

  it('has no P2P topics', () => {
    expect(p2pTarget(viewFixture(open), 'demo/p2p/x')).toBeNull();
    expect(mayReceive(viewFixture(open), nobody, OPEN_LOG, 'demo/p2p/x')).toBe(true);
  });
});

describe('A5 I5 the check at delivery', () => {
  it.each<[string, ViewFixture, string, string, boolean]>([
    ['a right that stands', {}, 'demo', 'demo/a', true],
    ['a topic that was removed', { topics: [topic('inbound')] }, 'demo', 'demo/a', false],
    ['a permission that was taken away', { topics: [topic('demo', 'publish')] }, 'demo', 'demo/a', false],
    ['a right that was revoked', granted([{ topic: 'demo', publish: true, subscribe: false }]), 'demo', 'demo/a', false],
    ['a right that was revoked, P2P', granted([{ topic: 'demo', publish: true, subscribe: false }]), 'demo', 'demo/p2p/GID_demo@@@me', false],
    ['a key that is gone', { keys: [] }, 'demo', 'demo/a', false],
    ['a topic of another log', {}, 'inbound', 'demo/a', false],
    ['a message from open days', {}, OPEN_LOG, 'demo/a', false],
    ['open admission', open, OPEN_LOG, 'x', true],
    ['open admission, a declared topic\'s log', open, 'demo', 'demo/a', false],
  ])('%s', (_name, fixture, log, name, expected) => expect(mayReceive(viewFixture(fixture), me, log, name)).toBe(expected));
});

describe('the view', () => {
  it('knows its logs and its expiry (E7), and cannot be changed', () => {
    expect(viewFixture().logs).toEqual(['demo', 'inbound', 'outbound']);
    expect(viewFixture(open).logs).toEqual([OPEN_LOG]);
    expect(viewFixture().expired()).toBe(false);
    expect(viewFixture({ expiry: '2020-01-01T00:00:00Z' }).expired()).toBe(true);
    expect(viewFixture({ expiry: '2999-01-01T00:00:00Z' }).expired()).toBe(false);
    expect(Object.isFrozen(viewFixture())).toBe(true);
    expect([viewFixture().hasTopic('__proto__'), viewFixture().hasGroup('toString')]).toEqual([false, false]);
  });
});
