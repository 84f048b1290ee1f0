import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { covers } from '../topics/covers';
import { matches } from '../topics/match';
import { key, SECRET, viewFixture, type ViewFixture } from './auth-fixture';
import { authenticate, isStillValid } from './authenticate';
import { TOKEN_CODES, type TokenType } from './credentials-service';
import { judgePublish, judgeSubscribe, mayReceive } from './permissions';
import { signPassword } from './signature';
import { grantToken, issueToken, judgeToken, parseTokenPassword, type TokenClaims } from './token';
import type { DeviceSecret, Principal } from './types';

const CLIENT = 'GID_demo@@@device-1';
const signing = randomBytes(32);
const now = Date.now();
const base: TokenClaims = { id: 't1', instanceId: 'shop', keyId: 'K1', actions: ['R', 'W'], resources: ['demo/#'], expiresAt: now + 60_000 };

function token(claims: Partial<TokenClaims> = {}, fixture: ViewFixture = {}, secret = signing): string {
  const whole = { ...base, ...claims };
  return issueToken(secret, viewFixture(fixture).keys.get(whole.keyId)!, whole);
}

function judged(text: string, fixture: ViewFixture = {}): string {
  const verdict = judgeToken(signing, viewFixture(fixture), text, now);
  return verdict.ok ? 'ok' : verdict.problem;
}

const twoAccounts: ViewFixture = { keys: [key('K1'), key('K2'), key('S1', { account: 'sub' })] };

function connect(password: string, fixture: ViewFixture = twoAccounts, username = 'Token|K1|shop') {
  const view = viewFixture(fixture);
  return authenticate(view, { clientId: CLIENT, username, password: Buffer.from(password), cleanSession: true, protocolVersion: 4, listener: 'tcp' },
    { token: (text) => judgeToken(signing, view, text, now), device: null });
}

function answer(...args: Parameters<typeof connect>): string {
  const verdict = connect(...args);
  return verdict.ok ? 'ok' : `${verdict.returnCode} ${verdict.refusal.code}`;
}

describe('A2 a token', () => {
  it('says what it carries, tells no secret, and needs no escaping in a password', () => {
    const text = token();
    expect(text).toMatch(/^[\w-]+\.[\w-]+$/);
    expect(judgeToken(signing, viewFixture(), text, now)).toEqual({ ok: true, claims: base });
    const clear = Buffer.from(text.split('.')[0]!, 'base64url').toString();
    for (const secret of [SECRET, viewFixture().keys.get('K1')!.secretTag, signing.toString('base64url')]) expect(clear).not.toContain(secret);
  });

  it('with any character changed is not accepted', () => {
    const text = token();
    for (let i = 0; i < text.length - 1; i++) { // the last character of a MAC has two bits that mean nothing
      const changed = `${text.slice(0, i)}${text[i] === 'A' ? 'B' : 'A'}${text.slice(i + 1)}`;
      expect(judged(changed), `character ${i}`).not.toBe('ok');
    }
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'forged'],
    ['some text', 'token', 'forged'],
    ['JSON that is no token', `${Buffer.from('{"id":1}').toString('base64url')}.x`, 'forged'],
    ['an array that is no token', `${Buffer.from('[1,2,3]').toString('base64url')}.x`, 'forged'],
    ['three parts', `${token()}.x`, 'forged'],
    ['one that is too long', `${'a'.repeat(30_000)}.a`, 'forged'],
    ['another storage\'s', token({}, {}, randomBytes(32)), 'signature'],
    ['one without its signature', `${token().split('.')[0]}.AAAA`, 'signature'],
    ['one that was applied with another secret of the key', token({}, { secrets: { K1: 'another-secret-of-K1' } }), 'signature'],
    ['one that has expired', token({ expiresAt: now }), 'expired'],
    ['one of a key that is gone', token({ keyId: 'K9' }, { keys: [key('K9')] }), 'account'],
    ['one of an account that is gone', token({ keyId: 'K9' }, { keys: [key('K9')] }), 'account'],
  ])('%s is refused', (_what, text, expected) => expect(judged(text)).toBe(expected));

  it('the codes are those of the notice', () => {
    expect(TOKEN_CODES).toEqual({ forged: 1, expired: 2, revoked: 3, resource: 4, permission: 5, signature: 8, account: -1 });
  });
});

describe('A2 CONNECT with tokens', () => {
  it.each<[string, string | null]>([
    ['R|a', 'R'], ['W|a|R|b', 'W R'], ['RW|a|W|b|R|c', 'RW W R'],
    ['', null], ['R', null], ['R|', null], ['R|a|', null], ['R|a|R|b', null], ['r|a', null], ['WR|a', null], ['R|a|W', null], ['R|a|W|b|RW|c|R|d', null], ['__proto__|a', null],
  ])('password %s', (password, expected) => expect(parseTokenPassword(password)?.map(({ type }) => type).join(' ') ?? null).toBe(expected));

  it.each<[string, string, string, string?]>([
    ['one for both', `RW|${token()}`, 'ok'],
    ['one each', `W|${token({ actions: ['W'] })}|R|${token({ actions: ['R'] })}`, 'ok'],
    ['a wider one for less', `R|${token()}`, 'ok'],
    ['one that carries less', `RW|${token({ actions: ['R'] })}`, '4 token-permission'],
    ['one bad token beside a good one', `R|${token()}|W|${token({ expiresAt: now - 1 })}`, '4 token-expired'],
    ['a forged one', 'R|abc', '4 token-forged'],
    ['an unknown key', `R|${token()}`, '4 key-unknown', 'Token|K9|shop'],
    ['another key of the account', `R|${token({ keyId: 'K2' }, twoAccounts)}`, '4 token-account'],
    ['a key of another account', `R|${token({ keyId: 'S1' }, twoAccounts)}`, '5 account-mismatch'],
    ['A4 a group of another account', `R|${token({ keyId: 'S1' }, twoAccounts)}`, '5 account-mismatch', 'Token|S1|shop'],
    ['a username of another instance', `R|${token()}`, '5 instance-wrong', 'Token|K1|other'],
    ['a token of another instance', `R|${token({ instanceId: 'other' })}`, '5 instance-wrong'],
    ['a bad token goes before the instance', 'R|abc', '4 token-forged', 'Token|K1|other'],
  ])('%s: %s', (_what, password, expected, username) => expect(answer(password, twoAccounts, username)).toBe(expected));

  it('C1 the Client ID goes first', () => {
    const view = viewFixture();
    expect(authenticate(view, { clientId: 'nobody', username: 'Token|K1|shop', password: Buffer.from('x'), cleanSession: true, protocolVersion: 4, listener: 'tcp' }))
      .toMatchObject({ ok: false, returnCode: 2 });
  });

  it('A5 a key without rights, and A6 one with a well-known secret, have no tokens either', () => {
    const idle: ViewFixture = { keys: [key('K1', { access: 'granted' })] };
    expect(answer(`R|${token({}, idle)}`, idle)).toBe('5 no-right');
    const known: ViewFixture = { secrets: { K1: 'quickstart-secret' } };
    expect(answer(`R|${token({}, known)}`, known)).toBe('5 secret-well-known');
  });
});

describe('A2 A5 what tokens allow', () => {
  const who = (...tokens: [TokenType, Partial<TokenClaims>][]): Principal => ({
    clientId: CLIENT, group: 'GID_demo', keyId: 'K1', account: 'main', secretTag: viewFixture().keys.get('K1')!.secretTag,
    tokens: tokens.map(([type, claims]) => grantToken(type, { ...base, ...claims })),
  });
  const publish = (principal: Principal, topic: string, fixture: ViewFixture = {}) => {
    const verdict = judgePublish(viewFixture(fixture), principal, { topic, payloadBytes: 1, qos: 1 });
    return verdict.ok ? 'ok' : verdict.refusal.code;
  };
  const subscribe = (principal: Principal, filter: string, fixture: ViewFixture = {}) => {
    const verdict = judgeSubscribe(viewFixture(fixture), principal, filter, 1, { held: 0 });
    return verdict.ok ? 'ok' : verdict.refusal.code;
  };

  it('publishing takes W, on a resource of that token', () => {
    const both = who(['R', { resources: ['demo/read/#'] }], ['W', { resources: ['demo/write', 'demo/+/w'] }]);
    expect(publish(both, 'demo/write')).toBe('ok');
    expect(publish(both, 'demo/a/w')).toBe('ok');
    expect(publish(both, 'demo/read/a')).toBe('token-resource');
    expect(publish(who(['R', {}]), 'demo/a')).toBe('token-permission');
    expect(publish(who(['R', { actions: ['R', 'W'] }]), 'demo/a')).toBe('token-permission');
    expect(publish(who(['RW', { expiresAt: now - 1 }]), 'demo/a')).toBe('token-expired');
    expect(publish(who(['RW', { resources: ['demo/p2p/#'] }]), 'demo/p2p/GID_demo@@@b')).toBe('ok');
  });

  it('subscribing takes R, for everything that the filter matches', () => {
    const reader = who(['R', { resources: ['demo/a/#', 'demo/+/x'] }]);
    for (const filter of ['demo/a', 'demo/a/b', 'demo/a/#', 'demo/a/+', 'demo/b/x', 'demo/+/x', '$share/s/demo/a/#']) expect(subscribe(reader, filter), filter).toBe('ok');
    for (const filter of ['demo', 'demo/#', 'demo/+', 'demo/b/#', 'demo/+/+', '$share/s/demo/#']) expect(subscribe(reader, filter), filter).toBe('token-resource');
    expect(subscribe(who(['W', {}]), 'demo/a')).toBe('token-permission');
  });

  it('the key bounds them, and so does the declaration', () => {
    const fixture: ViewFixture = { keys: [key('K1', { access: 'granted', grants: [{ topic: 'demo', publish: false, subscribe: true }] })] };
    expect(publish(who(['RW', {}]), 'demo/a', fixture)).toBe('right-publish-denied');
    expect(subscribe(who(['RW', {}]), 'demo/a', fixture)).toBe('ok');
    expect(publish(who(['RW', { resources: ['gone/#'] }]), 'gone/a')).toBe('topic-undeclared');
    expect(subscribe(who(['RW', { resources: ['inbound/#'] }]), 'inbound/a')).toBe('topic-subscribe-denied');
  });

  it('delivery is checked by topic, P2P too', () => {
    const view = viewFixture();
    const reader = who(['R', { resources: ['demo/a/+', `demo/p2p/${CLIENT}`] }]);
    expect(mayReceive(view, reader, 'demo', 'demo/a/b')).toBe(true);
    expect(mayReceive(view, reader, 'demo', 'demo/b')).toBe(false);
    expect(mayReceive(view, reader, 'demo', `demo/p2p/${CLIENT}`)).toBe(true);
    expect(mayReceive(view, who(['R', { resources: ['demo/a/+'] }]), 'demo', `demo/p2p/${CLIENT}`)).toBe(false);
    expect(mayReceive(view, who(['R', { resources: ['demo/a/+'], expiresAt: now - 1 }]), 'demo', 'demo/a/b')).toBe(false);
    expect(mayReceive(view, who(['W', {}]), 'demo', 'demo/a/b')).toBe(false);
  });

  it('a connection stands as long as all of its tokens and its key do', () => {
    const view = viewFixture();
    expect(isStillValid(view, who(['RW', {}]))).toBe(true);
    expect(isStillValid(view, who(['R', {}], ['W', { expiresAt: now - 1 }]))).toBe(false);
    expect(isStillValid(viewFixture({ keys: [key('K2')] }), who(['RW', {}]))).toBe(false);
    expect(isStillValid(viewFixture({ secrets: { K1: 'another-secret-of-K1' } }), who(['RW', {}]))).toBe(false);
  });
});

describe('A3 CONNECT with a device credential', () => {
  const device: DeviceSecret = { deviceKeyId: 'DC.1', account: 'main', secret: Buffer.from('device-secret'), secretTag: 'tag' };
  const attempt = (fixture: ViewFixture = {}, more: { device?: DeviceSecret | null; secret?: string; username?: string } = {}) => {
    const verdict = authenticate(viewFixture(fixture), {
      clientId: CLIENT, username: more.username ?? 'DeviceCredential|DC.1|shop', password: Buffer.from(signPassword(more.secret ?? 'device-secret', CLIENT)),
      cleanSession: true, protocolVersion: 4, listener: 'tcp',
    }, { token: () => { throw new Error('no token was given'); }, device: more.device === undefined ? device : more.device });
    return verdict.ok ? verdict.principal : `${verdict.returnCode} ${verdict.refusal.code}`;
  };

  it('lets its device in, with the rights of the account that registered it', () => {
    const principal = attempt({ keys: [key('K1', { access: 'granted', grants: [{ topic: 'demo', publish: true, subscribe: false }] }), key('S1', { account: 'sub' })] });
    expect(principal).toEqual({ clientId: CLIENT, group: 'GID_demo', keyId: null, account: 'main', secretTag: 'tag', deviceKeyId: 'DC.1' });
    const view = viewFixture({ keys: [key('K1', { access: 'granted', grants: [{ topic: 'demo', publish: true, subscribe: false }] }), key('S1', { account: 'sub' })] });
    expect(judgePublish(view, principal as Principal, { topic: 'demo/a', payloadBytes: 1, qos: 0 }).ok).toBe(true);
    expect(judgeSubscribe(view, principal as Principal, 'demo/a', 0, { held: 0 }).ok).toBe(false);
    expect(judgePublish(view, principal as Principal, { topic: 'inbound/a', payloadBytes: 1, qos: 0 }).ok).toBe(false);
    expect(isStillValid(view, principal as Principal)).toBe(true);
    expect(isStillValid(viewFixture({ groups: ['GID_other'] }), principal as Principal)).toBe(false);
    expect(isStillValid(viewFixture({ keys: [key('S1', { account: 'sub' })] }), principal as Principal)).toBe(false);
  });

  it('the rights of several keys add up', () => {
    const grant = (topic: string, publish: boolean) => [{ topic, publish, subscribe: !publish }];
    const view = viewFixture({ keys: [key('K1', { access: 'granted', grants: grant('demo', true) }), key('K2', { access: 'granted', grants: grant('demo', false) }), key('S1', { account: 'sub' })] });
    expect(view.accountGrants.get('main')!.get('demo')).toEqual({ topic: 'demo', publish: true, subscribe: true });
    expect(view.accountGrants.get('sub')).toBeNull();
    expect(viewFixture().accountGrants.get('sub')).toBeUndefined();
  });

  it.each<[string, Parameters<typeof attempt>[1] & object, string]>([
    ['no credential', { device: null }, '4 device-unknown'],
    ['another DeviceAccessKeyId', { username: 'DeviceCredential|DC.2|shop' }, '4 device-unknown'],
    ['another secret', { secret: 'other' }, '4 signature-wrong'],
    ['A6 another instance', { username: 'DeviceCredential|DC.1|other' }, '5 instance-wrong'],
    ['A4 another account than the group\'s', { device: { ...device, account: 'sub' } }, '5 account-mismatch'],
    ['an account that is gone', { device: { ...device, account: 'gone' } }, '5 account-mismatch'],
  ])('%s is refused', (_what, more, expected) => expect(attempt({}, more)).toBe(expected));

  it('A5 an account whose keys are gone has no rights', () => {
    expect(attempt({ keys: [key('S1', { account: 'sub' })] })).toBe('5 no-right');
  });
});

describe('whether a filter is covered', () => {
  it('agrees with what both match, over all short filters but "#" alone, which nobody may use', () => {
    const levels = ['a', 'b', '+'];
    const paths = [...levels, ...levels.flatMap((one) => levels.map((two) => `${one}/${two}`))];
    const filters = [...paths, '#', 'a/#', 'b/#', '+/#', 'a/b/#', 'a/+/#', '+/+/#', '+/b/#'];
    const names = ['a', 'b', 'c'];
    const topics = [...names, ...names.flatMap((one) => names.map((two) => `${one}/${two}`)), ...names.flatMap((one) => names.flatMap((two) => names.map((three) => `${one}/${two}/${three}`)))];
    for (const outer of filters) {
      for (const filter of filters.filter((other) => other !== '#')) {
        const all = topics.filter((topic) => matches(filter, topic)).every((topic) => matches(outer, topic));
        expect(covers(outer, filter), `${outer} over ${filter}`).toBe(all);
      }
    }
  });
});
