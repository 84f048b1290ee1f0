import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { key, SECRET, viewFixture, type ViewFixture } from './auth-fixture';
import { authenticate, isStillValid } from './authenticate';
import { isLongerThan, parseClientId } from './client-id';
import { equalInConstantTime, isSignature, signPassword } from './signature';
import type { ConnectRequest } from './types';

const CLIENT = 'GID_demo@@@device-1';

function attempt(fixture: ViewFixture, request: Partial<ConnectRequest> & { secret?: string } = {}) {
  const clientId = request.clientId ?? CLIENT;
  const { secret = SECRET, ...rest } = request;
  return authenticate(viewFixture(fixture), {
    clientId, username: 'Signature|K1|shop', password: Buffer.from(signPassword(secret, clientId)), cleanSession: true, protocolVersion: 4, listener: 'tcp', ...rest,
  });
}

function answer(fixture: ViewFixture, request: Partial<ConnectRequest> & { secret?: string } = {}) {
  const judged = attempt(fixture, request);
  return judged.ok ? 'ok' : `${judged.returnCode} ${judged.refusal.code}`;
}

describe('A1 the signature', () => {
  it('is Base64(HMAC-SHA1(secret, ClientId))', () => {
    expect(signPassword('secret', 'GID_a@@@1')).toBe(createHmac('sha1', 'secret').update('GID_a@@@1').digest('base64'));
    expect(signPassword(Buffer.from('secret'), 'GID_a@@@温')).toBe(signPassword('secret', 'GID_a@@@温'));
  });

  it('compares any two values, of any length', () => {
    expect(equalInConstantTime('a', 'a')).toBe(true);
    expect(equalInConstantTime('a', 'b')).toBe(false);
    expect(equalInConstantTime('a', 'aa')).toBe(false);
    expect(equalInConstantTime('', Buffer.alloc(0))).toBe(true);
    expect(isSignature(Buffer.from(`${signPassword('s', 'c')}\n`), Buffer.from('s'), 'c')).toBe(false);
  });

  it('lets the right one in and says who it is', () => {
    const judged = attempt({});
    expect(judged).toMatchObject({ ok: true, principal: { clientId: CLIENT, group: 'GID_demo', keyId: 'K1', account: 'main' } });
    expect(JSON.stringify(judged)).not.toContain(SECRET);
  });

  it.each<[string, Partial<ConnectRequest> & { secret?: string }, string]>([
    ['signature with another secret', { secret: 'wrong' }, '4 signature-wrong'],
    ['signature of another Client ID', { password: Buffer.from(signPassword(SECRET, 'GID_demo@@@other')) }, '4 signature-wrong'],
    ['empty password', { password: Buffer.alloc(0) }, '4 signature-wrong'],
    ['password that is no text', { password: Buffer.from([0, 255]) }, '4 signature-wrong'],
    ['no password', { password: undefined }, '4 credentials-missing'],
    ['no username', { username: undefined }, '4 credentials-missing'],
    ['empty username', { username: '' }, '4 username-malformed'],
    ['two parts', { username: 'Signature|K1' }, '4 username-malformed'],
    ['four parts', { username: 'Signature|K1|shop|' }, '4 username-malformed'],
    ['an empty part', { username: 'Signature||shop' }, '4 username-malformed'],
    ['unknown mode', { username: 'signature|K1|shop' }, '4 mode-unknown'],
    ['A2 a signature in token mode', { username: 'Token|K1|shop' }, '4 token-password-malformed'],
    ['A3 a signature of a key in device mode', { username: 'DeviceCredential|K1|shop' }, '4 device-unknown'],
    ['unknown key', { username: 'Signature|K2|shop' }, '4 key-unknown'],
    ['a key that every object has', { username: 'Signature|__proto__|shop' }, '4 key-unknown'],
    ['a key that every function has', { username: 'Signature|constructor|shop' }, '4 key-unknown'],
    ['A6 another instance', { username: 'Signature|K1|other' }, '5 instance-wrong'],
    ['A6 another instance in other case', { username: 'Signature|K1|SHOP' }, '5 instance-wrong'],
    ['the signature goes before the instance', { username: 'Signature|K1|other', secret: 'wrong' }, '4 signature-wrong'],
  ])('refuses: %s', (_name, request, expected) => expect(answer({}, request)).toBe(expected));

  it('a key without a secret, or with an empty one, lets nobody in', () => {
    expect(answer({ secrets: {} })).toBe('4 key-unknown');
    expect(answer({ secrets: { K1: '' } }, { secret: '' })).toBe('4 key-unknown');
    expect(answer({}, { username: 'Signature|K2|shop', password: Buffer.from(signPassword(Buffer.alloc(32), CLIENT)) })).toBe('4 key-unknown');
  });
});

describe('C1 the Client ID', () => {
  it.each([
    ['GID_demo@@@1', 'ok'],
    ['GID_demo@@@a@@@b', 'ok'],
    ['GID_demo@@@温度计', 'ok'],
    [`GID_demo@@@${'x'.repeat(53)}`, 'ok'],
    [`GID_demo@@@${'😀'.repeat(53)}`, 'ok'],
    [`GID_demo@@@${'x'.repeat(54)}`, '2 client-id-too-long'],
    [`GID_demo@@@${'😀'.repeat(54)}`, '2 client-id-too-long'],
    ['', '2 client-id-empty'],
    ['GID_demo', '2 client-id-malformed'],
    ['GID_demo@@@', '2 client-id-malformed'],
    ['@@@1', '2 client-id-malformed'],
    ['GID_demo@@1', '2 client-id-malformed'],
    ['GID_demo@@@a/b', '2 client-id-malformed'],
    ['GID_demo@@@#', '2 client-id-malformed'],
    ['GID_demo@@@+', '2 client-id-malformed'],
    ['GID_demo@@@a\nb', '2 client-id-malformed'],
    ['GID_other@@@1', '2 group-unknown'],
    ['gid_demo@@@1', '2 group-unknown'],
    ['__proto__@@@1', '2 group-unknown'],
    ['constructor@@@__proto__', '2 group-unknown'],
  ])('%j: %s', (clientId, expected) => expect(answer({}, { clientId })).toBe(expected));

  it('goes before the credentials, and the limit is the declared one (L4)', () => {
    expect(answer({}, { clientId: 'x', username: undefined })).toBe('2 client-id-malformed');
    expect(answer({ limits: { clientIdLength: 20 } }, { clientId: 'GID_demo@@@1234567890' })).toBe('2 client-id-too-long');
  });

  it('splits at the first separator', () => {
    expect(parseClientId('GID_a@@@b@@@c')).toEqual({ group: 'GID_a', device: 'b@@@c' });
    expect(isLongerThan('ab', 2)).toBe(false);
    expect(isLongerThan('abc', 2)).toBe(true);
  });
});

describe('A4 accounts', () => {
  const keys = [key('K1'), key('KS', { account: 'sub' })];
  it('refuses a key of another account than the group', () => {
    expect(answer({ keys })).toBe('ok');
    expect(answer({ keys }, { username: 'Signature|KS|shop' })).toBe('5 account-mismatch');
  });

  it('refuses a key whose account is gone', () => {
    expect(answer({ keys: [key('K1', { account: 'gone' })] })).toBe('5 account-mismatch');
  });
});

describe('A5 rights at CONNECT', () => {
  it('a key that may do nothing does not come in; an empty list opens nothing', () => {
    expect(answer({ keys: [key('K1', { access: 'granted' })] })).toBe('5 no-right');
    expect(answer({ keys: [key('K1', { access: 'granted', grants: [{ topic: 'demo', publish: false, subscribe: false }] })] })).toBe('5 no-right');
    expect(answer({ keys: [key('K1', { access: 'granted', grants: [{ topic: 'demo', publish: true, subscribe: false }] })] })).toBe('ok');
  });
});

describe('A6 well-known example secrets', () => {
  const secrets = { K1: 'quickstart-secret' };
  it('are refused unless every port is bound to loopback', () => {
    expect(answer({ secrets }, { secret: 'quickstart-secret' })).toBe('5 secret-well-known');
    expect(answer({ secrets, loopbackOnly: true }, { secret: 'quickstart-secret' })).toBe('ok');
  });
});

describe('open admission', () => {
  const anonymous: ViewFixture = { admission: { mode: 'open', anonymous: true } };
  const known: ViewFixture = { admission: { mode: 'open', anonymous: false } };

  it('anonymous: anybody comes in under any Client ID', () => {
    expect(answer(anonymous, { clientId: 'x/#+', username: undefined, password: undefined })).toBe('ok');
    expect(answer(anonymous, { username: 'whatever', password: Buffer.from('x') })).toBe('ok');
    expect(answer(anonymous, { clientId: 'x'.repeat(500) })).toBe('ok');
  });

  it('otherwise credentials are due and checked', () => {
    expect(answer(known, { clientId: 'any' })).toBe('ok');
    expect(answer(known, { clientId: 'any', username: undefined })).toBe('4 credentials-missing');
    expect(answer(known, { clientId: 'any', secret: 'wrong' })).toBe('4 signature-wrong');
    expect(answer(known, { clientId: 'any', username: 'Signature|K1|other' })).toBe('5 instance-wrong');
  });

  it('an empty Client ID needs a clean session and MQTT 3.1.1 [MQTT-3.1.3-8]', () => {
    expect(answer(anonymous, { clientId: '' })).toBe('ok');
    expect(answer(anonymous, { clientId: '', cleanSession: false })).toBe('2 client-id-empty');
    expect(answer(anonymous, { clientId: '', protocolVersion: 3 })).toBe('2 client-id-empty');
  });
});

describe('I5 whether a connection may stay', () => {
  const judged = attempt({});
  const principal = judged.ok ? judged.principal : undefined!;

  it.each<[string, ViewFixture, boolean]>([
    ['nothing changed', {}, true],
    ['a topic and a group more', { groups: ['GID_demo', 'GID_more'] }, true],
    ['its group is gone', { groups: ['GID_more'] }, false],
    ['its key is gone', { keys: [] }, false],
    ['its key belongs to another account', { keys: [key('K1', { account: 'sub' })] }, false],
    ['its secret was changed', { secrets: { K1: 'another-one' } }, false],
    ['its key may do nothing any more', { keys: [key('K1', { access: 'granted' })] }, false],
    ['its key may do less', { keys: [key('K1', { access: 'granted', grants: [{ topic: 'demo', publish: true, subscribe: false }] })] }, true],
    ['admission was opened', { admission: { mode: 'open', anonymous: true } }, true],
  ])('%s: %s', (_name, fixture, expected) => expect(isStillValid(viewFixture(fixture), principal)).toBe(expected));

  it('an anonymous client leaves when admission is closed', () => {
    const open: ViewFixture = { admission: { mode: 'open', anonymous: true } };
    const anyone = authenticate(viewFixture(open), { clientId: 'x', username: undefined, password: undefined, cleanSession: true, protocolVersion: 4, listener: 'tcp' });
    const who = anyone.ok ? anyone.principal : undefined!;
    expect(isStillValid(viewFixture(open), who)).toBe(true);
    expect(isStillValid(viewFixture({ admission: { mode: 'open', anonymous: false } }), who)).toBe(false);
    expect(isStillValid(viewFixture(), who)).toBe(false);
  });
});
