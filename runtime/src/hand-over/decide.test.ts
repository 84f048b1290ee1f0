import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { InstanceManifest, InstanceSecrets, StorageManifest } from '../../../lib/manifest/manifest';
import { instanceManifest, secrets, storageManifest, topic } from '../testing/documents';
import { makeDevelopmentCertificate } from '../net/certificates';
import { checkCertificate } from './check-certificate';
import { decideHandOver, type Current, type Incoming } from './decide';

const EMPTY: Current = { storage: null, instance: null, boundTo: null };
const BOUND: Current = { storage: storageManifest(), instance: instanceManifest(), boundTo: 'quickstart' };

function both(instance: Partial<InstanceManifest> = {}, storage: Partial<StorageManifest> = {}): Incoming {
  return { storage: storageManifest(storage), instance: instanceManifest(instance), secrets: secrets() };
}

function sentenceOf(current: Current, incoming: Incoming): string {
  const decision = decideHandOver(current, incoming);
  return decision.accept ? 'accepted' : decision.sentence;
}

describe('hand-over', () => {
  it('takes storage and instance in together, and binds them', () => {
    const decision = decideHandOver(EMPTY, both());
    expect(decision).toMatchObject({ accept: true, next: { boundTo: 'quickstart', destroyedLogs: [] } });
  });

  it('S2 takes a storage in alone, without a binding', () => {
    expect(decideHandOver(EMPTY, { storage: storageManifest(), instance: null, secrets: null }))
      .toMatchObject({ accept: true, next: { storage: { name: 'orders' }, instance: null, secrets: undefined, boundTo: null } });
  });

  it('takes an instance in alone once its storage stands', () => {
    const current = { storage: storageManifest(), instance: null, boundTo: null };
    expect(decideHandOver(current, { ...both(), storage: null })).toMatchObject({ accept: true, next: { storage: { name: 'orders' }, boundTo: 'quickstart' } });
    expect(sentenceOf(EMPTY, { ...both(), storage: null })).toMatch(/not been handed over yet.*deploy the stack that declares it/);
  });

  it('keeps the stored secrets and the binding when only a topic changes', () => {
    expect(decideHandOver(BOUND, { storage: storageManifest({ topics: [topic('demo'), topic('more')] }), instance: null, secrets: null }))
      .toMatchObject({ accept: true, next: { secrets: undefined, boundTo: 'quickstart', instance: { instanceId: 'quickstart' } } });
  });
});

describe('B1 B2 a storage instance is bound once, by one MQTT instance', () => {
  it('refuses a second instance, with a sentence', () => {
    expect(sentenceOf(BOUND, both({ instanceId: 'other' }))).toMatch(/^B1, B2: binding of storage instance "orders": got MQTT instance "other"; allowed: "quickstart" alone/);
  });

  it('accepts the same instance again', () => {
    expect(sentenceOf(BOUND, both())).toBe('accepted');
  });

  it('a binding without documents stands as well', () => {
    expect(sentenceOf({ ...BOUND, instance: null }, both({ instanceId: 'other' }))).toMatch(/B1, B2/);
  });

  it('refuses an instance that is bound to another storage than the one it is handed to', () => {
    const binding = { storageId: 'store-2', storageName: 'b', storageEdition: 'standard', storageNamespace: 'independent', storageRegion: 'local' } as const;
    expect(sentenceOf(EMPTY, both({ binding }))).toMatch(/^B1: storage id: got "store-2"/);
  });

  it('refuses another storage in the same place', () => {
    expect(sentenceOf(BOUND, { storage: storageManifest({ storageId: 'store-2' }), instance: null, secrets: null })).toMatch(/B1: storage id/);
  });
});

describe('B3 both sides have the same namespace type', () => {
  it.each([['independent', 'shared'], ['shared', 'independent']] as const)('refuses %s with %s', (instance, storage) => {
    expect(sentenceOf(EMPTY, both({ namespace: instance }, { namespace: storage }))).toMatch(/B3: /);
  });

  it('judges the storage that stands, whatever the binding says of it', () => {
    expect(sentenceOf({ ...EMPTY, storage: storageManifest({ namespace: 'shared' }) }, { ...both(), storage: null })).toMatch(/B3: /);
  });

  it('refuses a storage that turns away from its binding', () => {
    expect(sentenceOf(BOUND, { storage: storageManifest({ namespace: 'shared' }), instance: null, secrets: null })).toMatch(/B3: /);
  });
});

describe('B4 L3 regions', () => {
  it('B4 refuses two regions', () => {
    expect(sentenceOf(EMPTY, both({}, { region: 'elsewhere' }))).toMatch(/B4: /);
  });

  it('L3 refuses to move a storage or an instance', () => {
    const region = { ...instanceManifest().region, id: 'elsewhere' };
    const sentence = sentenceOf(BOUND, both({ region }, { region: 'elsewhere' }));
    expect(sentence).toMatch(/L3: region of storage instance "orders": got "elsewhere"; allowed: "local"/);
    expect(sentence).toMatch(/L3: region of MQTT instance "quickstart"/);
  });

  it('L3 a region is the same in other letters', () => {
    expect(sentenceOf(BOUND, both({ region: { ...instanceManifest().region, id: 'LOCAL' } }, { region: 'Local' }))).toBe('accepted');
  });
});

describe('B6 I5 A6 L4 N2', () => {
  it('B6 refuses an instance without a binding', () => {
    expect(sentenceOf(EMPTY, { ...both({ binding: null }) })).toMatch(/B6: binding: got none/);
  });

  it('I5 names the logs of removed topics whose policy says destroy', () => {
    const current = { ...BOUND, storage: storageManifest({ topics: [topic('demo'), topic('gone', { removalPolicy: 'destroy' }), topic('kept')] }) };
    expect(decideHandOver(current, both())).toMatchObject({ accept: true, next: { destroyedLogs: ['gone'] } });
  });

  it('A6 refuses a well-known secret unless every port is on loopback, and never repeats it', () => {
    const sentence = sentenceOf(EMPTY, both({ loopbackOnly: false }));
    expect(sentence).toMatch(/A6: secret of AccessKey quickstart-key/);
    expect(sentence).not.toContain('quickstart-secret');
    expect(sentenceOf(EMPTY, both({ loopbackOnly: true }))).toBe('accepted');
  });

  it('A6 judges passwords of console users and the token of the metrics like secrets, and never repeats them', () => {
    const given = (loopbackOnly: boolean, password: string, metricsToken: string | null): Incoming => ({
      ...both({ loopbackOnly, console: { enabled: true, users: [{ name: 'admin', account: 'main' }] }, metrics: { enabled: true, beyondLoopback: !loopbackOnly } }),
      secrets: { ...secrets({ 'quickstart-key': 'a-secret-of-its-own' }), consoleUsers: { admin: password }, metricsToken },
    });
    expect(sentenceOf(EMPTY, given(false, 'twelve-chars', 'twelve-chars'))).toBe('accepted');
    expect(sentenceOf(EMPTY, given(true, 'admin', null))).toBe('accepted');
    const sentence = sentenceOf(EMPTY, given(false, 'hush-hush', 'hush-hush'));
    expect(sentence).toMatch(/A6: password of console user "admin": got 9 characters; allowed: at least 12.*A6: token of the metrics: got 9 characters/);
    expect(sentence).not.toContain('hush');
    expect(sentenceOf(EMPTY, given(false, 'twelve-chars', null))).toMatch(/A6: metrics: got the HTTP port published beyond loopback and no token/);
    expect(sentenceOf(EMPTY, { ...given(true, 'admin', null), secrets: secrets() })).toMatch(/A6: password of console user "admin": got none/);
  });

  it('A4 refuses console users of one name, of no account, and of a malformed name (N5)', () => {
    const named = (users: { name: string; account: string }[]): Incoming => ({
      ...both({ console: { enabled: true, users } }), secrets: { ...secrets(), consoleUsers: Object.fromEntries(users.map(({ name }) => [name, 'password'])) },
    });
    expect(sentenceOf(EMPTY, named([{ name: 'admin', account: 'main' }]))).toBe('accepted');
    expect(sentenceOf(EMPTY, named([{ name: 'admin', account: 'main' }, { name: 'admin', account: 'main' }]))).toMatch(/A4: console user name: got "admin", which "admin" has too/);
    expect(sentenceOf(EMPTY, named([{ name: 'admin', account: 'nobody' }]))).toMatch(/A4: account of console user "admin": got "nobody"/);
    expect(sentenceOf(EMPTY, named([{ name: 'the admin', account: 'main' }]))).toMatch(/A4: console user name of console user "the admin": got "the admin"/);
  });

  it('A6 refuses a short secret unless every port is on loopback, and never repeats it', () => {
    const short = secrets({ 'quickstart-key': 'hush-42' });
    const sentence = sentenceOf(EMPTY, { ...both({ loopbackOnly: false }), secrets: short });
    expect(sentence).toMatch(/A6: secret of AccessKey quickstart-key: got 7 characters; allowed: at least 8/);
    expect(sentence).not.toContain('hush-42');
    expect(sentenceOf(EMPTY, { ...both({ loopbackOnly: true }), secrets: short })).toBe('accepted');
  });

  it.each([[null], [secrets({})], [secrets({ other: 'x' })]])('A1 refuses a key without a secret (%j)', (given) => {
    expect(sentenceOf(EMPTY, { ...both(), secrets: given })).toMatch(/A1: secret of AccessKey quickstart-key: got none/);
  });

  it('a key named like an object property has no secret by accident', () => {
    const accessKeys = [{ id: 'constructor', account: 'main', access: 'all' as const, grants: [] }];
    expect(sentenceOf(EMPTY, { ...both({ accessKeys }), secrets: secrets({}) })).toMatch(/constructor: got none/);
  });

  it('N2 N5 judges names that were tokens at synth', () => {
    expect(sentenceOf(EMPTY, both({}, { topics: [topic('GID_no')] }))).toMatch(/N2: /);
    expect(sentenceOf(EMPTY, both({}, { topics: [topic('same'), topic('SAME')] }))).toMatch(/N2: /);
  });

  it('N3 judges groups', () => {
    expect(sentenceOf(EMPTY, both({ groups: [{ name: 'demo', account: 'main', remark: '' }] }))).toMatch(/N3: /);
  });

  it('L4 refuses more topics than the instance allows', () => {
    const limits = { ...instanceManifest().limits, parentTopics: 1 };
    expect(sentenceOf(EMPTY, both({ limits }, { topics: [topic('one'), topic('two')] }))).toMatch(/allowed: at most 1/);
  });

  it('tells everything that is wrong at once', () => {
    expect(sentenceOf(BOUND, both({ instanceId: 'other' }, { topics: [topic('GID_no')] })).split(' | ').length).toBeGreaterThanOrEqual(2);
  });
});

describe('E1 N5 a webhook', () => {
  const sentenceFor = (url: string, webhookSecret?: string) => {
    const decision = decideHandOver(EMPTY, { ...both({ webhook: { url } }), secrets: { ...secrets(), ...(webhookSecret !== undefined && { webhookSecret }) } });
    return decision.accept ? 'accepted' : decision.sentence;
  };
  it('is taken with its secret', () => expect(sentenceFor('https://ops.example.com/mqtt', 'a secret of its own')).toBe('accepted'));
  it('whose secret is missing, short or well known is refused', () => {
    expect(sentenceFor('https://ops.example.com/mqtt')).toMatch(/^E1: secret of the webhook: got none/);
    expect(sentenceFor('https://ops.example.com/mqtt', 'k7')).toMatch(/^A6: secret of the webhook: got 2 characters/);
    expect(sentenceFor('https://ops.example.com/mqtt', 'changeme')).toMatch(/^A6: secret of the webhook: got a well-known/);
  });
  it('that was a token at synth is judged', () => expect(sentenceFor('http://ops.example.com/', 'a secret of its own')).toMatch(/^E1: webhook url: got http to "ops\.example\.com"/));
});

describe('P1 N5 a certificate that cannot be served', () => {
  const handedOver = (tls: InstanceSecrets['tls']) => decideHandOver(EMPTY, { ...both(), secrets: { ...secrets(), tls } });
  const sentenceFor = (tls: InstanceSecrets['tls']) => {
    const decision = handedOver(tls);
    return decision.accept ? 'accepted' : decision.sentence;
  };

  it('is not one that fits', async () => {
    expect(handedOver(await makeDevelopmentCertificate([]))).toMatchObject({ accept: true, next: { warnings: [] } });
  });

  it('with the key of another certificate is refused', async () => {
    const [one, other] = [await makeDevelopmentCertificate([]), await makeDevelopmentCertificate([])];
    const sentence = sentenceFor({ certificate: one.certificate, privateKey: other.privateKey });
    expect(sentence).toMatch(/^P1: tlsPrivateKey: got the key of another certificate; allowed: /);
    expect(sentence).not.toContain(other.privateKey.split('\n')[1]);
  });

  it('that is no PEM is refused, and never repeated', async () => {
    const good = await makeDevelopmentCertificate([]);
    expect(sentenceFor({ ...good, certificate: '/etc/hush.pem' })).toMatch(/^P1: tlsCertificate: got 13 characters that are no certificate; .*not its path$/);
    expect(sentenceFor({ ...good, privateKey: 'hush-hush' })).toMatch(/^P1: tlsPrivateKey: got 9 characters that are no private key/);
    const cutOff = good.privateKey.slice(0, 90);
    expect(sentenceFor({ ...good, privateKey: cutOff })).toMatch(/^P1: tlsPrivateKey: got 90 characters/);
    expect(sentenceFor({ ...good, privateKey: cutOff })).not.toContain(cutOff.slice(30));
    expect(sentenceFor({ ...good, certificate: `${good.certificate}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` })).toMatch(/^P1: tlsCertificate: got a pair with which TLS cannot be served/);
  });

  it('whose key has a passphrase is refused', async () => {
    const good = await makeDevelopmentCertificate([]);
    const privateKey = createPrivateKey(good.privateKey).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hush' }).toString();
    expect(sentenceFor({ ...good, privateKey })).toMatch(/^P1: tlsPrivateKey: .*take a passphrase off$/);
  });

  it('that has expired or is not valid yet is taken with a warning', async () => {
    const pair = await makeDevelopmentCertificate([]);
    const day = 24 * 60 * 60 * 1_000;
    expect(checkCertificate(pair, new Date(Date.now() + 10_000 * day))).toMatchObject({ findings: [], warnings: [expect.stringMatching(/expired on \d{4}-/)] });
    expect(checkCertificate(pair, new Date(Date.now() - 3 * day))).toMatchObject({ findings: [], warnings: [expect.stringMatching(/valid only from \d{4}-/)] });
    expect(checkCertificate(pair)).toEqual({ findings: [], warnings: [] });
  });
});

describe('B6 a gateway with direct push takes its own documents in', () => {
  const pushing = (more: Partial<InstanceManifest> = {}): Incoming =>
    ({ storage: null, instance: instanceManifest({ binding: null, directPushTopics: [topic('demo')], ...more }), secrets: secrets() });
  const standing: Current = { storage: null, instance: pushing().instance, boundTo: 'quickstart' };
  const answer = (current: Current, incoming: Incoming): string => {
    const decision = decideHandOver(current, incoming, 'gateway');
    return decision.accept ? 'accepted' : decision.sentence;
  };

  it('without a storage, the first time and again', () => {
    expect(decideHandOver(EMPTY, pushing(), 'gateway')).toMatchObject({ accept: true, next: { storage: null, boundTo: 'quickstart', destroyedLogs: [] } });
    expect(answer(standing, pushing())).toBe('accepted');
  });

  it('I5 messages of a removed topic go at once when its policy says so', () => {
    const before = { ...standing, instance: pushing({ directPushTopics: [topic('demo'), topic('gone', { removalPolicy: 'destroy' }), topic('left')] }).instance };
    expect(decideHandOver(before, pushing(), 'gateway')).toMatchObject({ accept: true, next: { destroyedLogs: ['gone'] } });
  });

  it.each<[string, RegExp, Incoming]>([
    ['B6 a bound instance', /B6: MQTT instance "quickstart": got storage "store-1"; allowed: none/, both()],
    ['B6 a storage alone', /B6.*got no instance/, { storage: storageManifest(), instance: null, secrets: null }],
    ['L3 another region', /L3/, pushing({ region: { ...instanceManifest().region, id: 'elsewhere' } })],
    ['A1 a key without a secret', /A1: secret of AccessKey/, { ...pushing(), secrets: null }],
    ['L4 too many topics', /L4/, pushing({ directPushTopics: Array.from({ length: 26 }, (_, n) => topic(`topic${n}`)) })],
    ['P1 a certificate that is none', /certificate/, { ...pushing(), secrets: { ...secrets(), tls: { certificate: 'none', privateKey: 'none' } } }],
  ])('refuses %s', (_what, sentence, incoming) => {
    expect(answer(standing, incoming)).toMatch(sentence);
  });

  it('a store still takes in only what is bound', () => {
    expect(sentenceOf(EMPTY, pushing())).toMatch(/B6: binding: got none/);
  });
});
