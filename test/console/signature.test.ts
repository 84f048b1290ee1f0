/** The signature check: in the page, and what it finds. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { en } from '../../runtime/console/src/i18n/en';
import { judgeClientId, judgePassword, judgeUsername, type Finding } from '../../runtime/console/src/signature/diagnose';
import { signPassword } from '../../runtime/console/src/signature/sign';
import { signPassword as ofTheGateway } from '../../runtime/src/auth/signature';
import { openLoggedIn, startWorld } from './world';

const known = { mode: 'Signature', keyId: 'main-key', secret: 'kXy+81/main secret', clientId: 'GID_main@@@Device-1', instanceId: 'test-instance' } as const;
const { secret, clientId } = known;
const hmac = (hash: string, key: string | Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
const right = ofTheGateway(secret, clientId);

describe('A1 the signature check', () => {
  it('signs as the gateway does, also beyond ASCII', () => {
    for (const text of [clientId, 'GID_werk@@@ofen-α', 'GID_工厂@@@设备']) expect(signPassword('密钥 secret', text)).toBe(ofTheGateway('密钥 secret', text));
  });

  const wrong: readonly (readonly [Finding[], string])[] = [
    [['whitespace'], `${right}\n`], [['url-encoded'], encodeURIComponent(right)], [['hex'], hmac('sha1', secret, clientId).toString('hex')],
    [['hex-base64'], Buffer.from(hmac('sha1', secret, clientId).toString('hex')).toString('base64')], [['padding'], right.replace(/=+$/, '')],
    [['case-changed'], right.toLowerCase()], [['sha256'], hmac('sha256', secret, clientId).toString('base64')], [['sha512'], hmac('sha512', secret, clientId).toString('base64')],
    [['md5'], hmac('md5', secret, clientId).toString('base64')], [['plain-sha1'], createHash('sha1').update(clientId + secret).digest('base64')],
    [['swapped'], hmac('sha1', clientId, secret).toString('base64')], [['group-signed'], ofTheGateway(secret, 'GID_main')], [['device-signed'], ofTheGateway(secret, 'Device-1')],
    [['case-signed'], ofTheGateway(secret, clientId.toLowerCase())], [['instance-signed'], ofTheGateway(secret, 'test-instance')], [['key-signed'], ofTheGateway(secret, 'main-key')],
    [['username-signed'], ofTheGateway(secret, 'Signature|main-key|test-instance')], [['trimmed-client'], ofTheGateway(secret, `${clientId}\n`)],
    [['trimmed-secret'], ofTheGateway(`${secret}\n`, clientId)], [['secret-itself'], secret], [['token-password'], 'R|abc'], [['unknown'], ofTheGateway('another secret', clientId)],
    [['sha256', 'hex'], hmac('sha256', secret, clientId).toString('hex')], [['whitespace', 'sha256'], ` ${hmac('sha256', secret, clientId).toString('base64')} `],
  ];
  it.each(wrong)('finds %j', (findings, password) => expect(judgePassword(password, known)).toEqual(findings));

  it('finds Base64 for URLs, a plus that became a space, and a secret that was decoded', () => {
    const withPlus = Array.from({ length: 1_000 }, (_, n) => `GID_main@@@d${n}`).find((id) => ofTheGateway(secret, id).slice(1).includes('+') && ofTheGateway(secret, id).includes('/'))!;
    const password = ofTheGateway(secret, withPlus);
    expect(judgePassword(password.replace(/\+/g, '-').replace(/\//g, '_'), { ...known, clientId: withPlus })).toEqual(['base64url']);
    expect(judgePassword(password.replace(/\+/g, ' '), { ...known, clientId: withPlus })).toEqual(['url-decoded']);
    const coded = Buffer.from('a secret').toString('base64');
    expect(judgePassword(hmac('sha1', Buffer.from('a secret'), clientId).toString('base64'), { ...known, secret: coded })).toEqual(['secret-base64']);
  });

  it('accepts what is right', () => {
    expect(judgePassword(right, known)).toEqual([]);
    expect(judgeUsername('Signature|main-key|test-instance', known)).toEqual([]);
    expect(judgeClientId(clientId, ['GID_main'], 64)).toEqual([]);
  });

  it('A6 C1 L4 finds what is wrong with username and Client ID', () => {
    expect(judgeUsername('Token|other-key|other', known)).toEqual(['username-mode', 'username-key', 'username-instance']);
    expect(judgeUsername('main-key', known)).toEqual(['username-form']);
    expect(judgeUsername('Signature|main-key|test-instance ', known)).toEqual(['username-space']);
    expect(judgeClientId('GID_main', undefined, 64)).toContain('client-form');
    const long = `GID_main@@@${'x'.repeat(60)}`;
    expect([64, 128, undefined].map((limit) => judgeClientId(long, undefined, limit))).toEqual([['client-length'], [], []]);
    expect(judgeClientId('main@@@1', undefined, 64)).toEqual(['client-group']);
    expect(judgeClientId(' GID_main@@@1', undefined, 64)).toEqual(['client-space']);
    expect(judgeClientId('GID_other@@@1', ['GID_main'], 64)).toEqual(['group-unknown']);
  });
});

describe('the page', () => {
  it('tells a right password from a wrong one, and sends the secret nowhere', async () => {
    const world = await startWorld();
    try {
      const watched = await openLoggedIn(world, {}, 'admin', '#/signature');
      const { page } = watched;
      await page.getByLabel(en.signature.clientId).fill(`GID_main@@@${'x'.repeat(60)}`);
      await page.getByText(en.signature.findings['client-length']).waitFor(); // L4, as this instance declares it
      await page.getByLabel(en.signature.clientId).fill(clientId);
      await page.getByLabel(en.signature.keyId).fill('main-key');
      await page.getByLabel(en.signature.keySecret).fill(secret);
      await page.getByText(right, { exact: true }).waitFor();
      await page.getByLabel(en.signature.givenPassword).fill(hmac('sha256', secret, clientId).toString('base64'));
      await page.getByText(en.signature.findings.sha256).waitFor();
      await page.getByLabel(en.signature.givenPassword).fill(right);
      await page.getByText(en.signature.right).waitFor();
      await page.getByLabel(en.signature.givenUsername).fill('Signature|main-key|another');
      await page.getByText(en.signature.findings['username-instance']).waitFor();
      for (const told of [secret, right, encodeURIComponent(secret)]) expect(watched.sent()).not.toContain(told);
      expect(await page.evaluate<string>('JSON.stringify([localStorage, sessionStorage])')).not.toContain(secret);
      expect(watched.complaints()).toEqual([]);
    } finally {
      await world.stop();
    }
  });
});
