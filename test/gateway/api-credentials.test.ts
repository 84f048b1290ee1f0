/** Tokens and device credentials through the control API: two gateways on one Redis, one on the embedded engine, with real MQTT clients. */
import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { DeviceCredential } from '../../runtime/src/auth/credentials-service';
import { DEVICES_OF_ACCOUNT } from '../../runtime/src/auth/device-credentials';
import { REVOCATIONS_OF_ACCOUNT } from '../../runtime/src/auth/revocations';
import { signPassword } from '../../runtime/src/auth/signature';
import { createLogger } from '../../runtime/src/logging';
import { apiFleet, type TestApi } from './api-harness';
import { INSTANCE_ID, STORAGE_ID } from './documents';
import { closed, connect, connectCode, type ClientOptions } from './harness';
import { withTokens } from './issuer';

const HOUR = 3_600_000;

describe.each([['redis', 2], ['embedded', 1]] as const)('credentials by the control API on %s, %i gateways', (engine, count) => {
  const logged: string[] = [];
  const logger = createLogger({ level: 'debug', stream: new Writable({ write: (line, _encoding, written) => { logged.push(String(line)); written(); } }) });
  const fleet = apiFleet(engine, count, { logger });
  const { first, other, sub } = fleet;

  it.runIf(engine === 'redis')('A2 A3 an account has so many device credentials and revoked tokens; one more is told with a code and what to do', async () => {
    const root = new Redis(fleet.storage.redis!.url);
    const count = (kind: string, value: number) => root.hset(`{${STORAGE_ID}}:recn:${kind}`, 'main', value);
    const register = (device: string) => other('POST', `/clients/GID_main@@@${device}/credential`);
    const { body: { token } } = await first('POST', '/tokens', { actions: ['R'], resources: ['demo/#'], expireTime: Date.now() + HOUR });
    await count('device-credential', DEVICES_OF_ACCOUNT - 1);
    expect((await register('last')).status).toBe(200);
    expect(await register('beyond')).toMatchObject({ status: 409, body: { code: 'devices-exceeded', message: expect.stringContaining('allowed are 100000; unregister') as string } });
    expect((await register('last')).status).toBe(200);
    await count('token-revocation', REVOCATIONS_OF_ACCOUNT);
    expect(await other('POST', '/tokens/revoke', { token })).toMatchObject({ status: 409, body: { code: 'revocations-exceeded', message: expect.stringContaining('wait until some have expired') as string } });
    await count('token-revocation', REVOCATIONS_OF_ACCOUNT - 1);
    expect((await other('POST', '/tokens/revoke', { token })).status).toBe(200);
    for (const kind of ['device-credential', 'token-revocation']) await count(kind, 1);
    root.disconnect();
  });

  describe('A2 tokens', () => {
    const asked = (more: object = {}): object => ({ actions: ['R', 'W'], resources: ['demo/#'], expireTime: Date.now() + HOUR, ...more });
    const apply = async (ask: TestApi, more: object = {}): Promise<{ token: string; tokenId: string }> => {
      const { status, body } = await ask('POST', '/tokens', asked(more));
      expect(status).toBe(201);
      return body;
    };

    it('one that was applied for lets a client in, and revoking it on another gateway closes the client and keeps it out', async () => {
      const { token, tokenId } = await apply(first);
      const client = await connect(fleet.gateways[0]!, 'GID_main@@@token-1', withTokens(`RW|${token}`));
      await client.publishAsync('demo/a', 'x', { qos: 1 });
      expect((await other('POST', '/tokens/query', { token })).body).toEqual({
        valid: true, problem: null, token: { tokenId, keyId: 'main-key', actions: ['R', 'W'], resources: ['demo/#'], expireTime: expect.any(Number) },
      });
      const gone = closed(client);
      expect((await other('POST', '/tokens/revoke', { token })).status).toBe(200);
      await gone;
      await expect.poll(() => connectCode(fleet.gateways[0]!, 'GID_main@@@token-1', withTokens(`RW|${token}`))).toBe(4);
      expect((await first('POST', '/tokens/query', { token })).body).toMatchObject({ valid: false, problem: 'revoked', token: { tokenId } });
      expect((await first('POST', '/tokens/revoke', { token })).status).toBe(200);
    });

    it('a token allows what was asked for, and no more', async () => {
      const { token } = await apply(first, { actions: ['R'], resources: ['other/#'] });
      const client = await connect(fleet.gateways.at(-1)!, 'GID_main@@@token-2', withTokens(`R|${token}`));
      expect(await client.subscribeAsync('other/x', { qos: 1 })).toMatchObject([{ qos: 1 }]);
      const gone = closed(client);
      client.publish('other/x', 'x', { qos: 1 });
      await gone;
    });

    it('A4 a sub-account has tokens of its own keys only; the main account administers all', async () => {
      const own = await apply(sub);
      expect(await connectCode(fleet.gateways[0]!, 'GID_sub@@@token', withTokens(`RW|${own.token}`, 'sub-key'))).toBe(0);
      const forSub = await apply(first, { keyId: 'sub-key' });
      expect(await connectCode(fleet.gateways[0]!, 'GID_sub@@@token', withTokens(`RW|${forSub.token}`, 'sub-key'))).toBe(0);
      const ofMain = await apply(first);
      for (const keyId of ['main-key', 'limited-key', 'nobody']) {
        expect(await sub('POST', '/tokens', asked({ keyId }))).toMatchObject({ status: 403, body: { code: 'account-denied' } });
      }
      for (const does of ['query', 'revoke']) {
        expect(await sub('POST', `/tokens/${does}`, { token: ofMain.token })).toMatchObject({ status: 403, body: { code: 'account-denied' } });
      }
      expect((await other('POST', '/tokens/query', { token: ofMain.token })).body.valid).toBe(true);
      expect((await sub('POST', '/tokens/revoke', { token: forSub.token })).status).toBe(200);
      expect((await first('POST', '/tokens/revoke', { token: own.token })).status).toBe(200);
      for (const { token } of [own, forSub]) expect((await sub('POST', '/tokens/query', { token })).body).toMatchObject({ valid: false, problem: 'revoked' });
    });

    it.each([
      ['no action', { actions: [] }, 422, 'rule-broken'],
      ['another action', { actions: ['X'] }, 400, 'request-malformed'],
      ['no resource', { resources: [] }, 422, 'rule-broken'],
      ['101 resources', { resources: Array.from({ length: 101 }, (_, n) => `demo/${n}`) }, 422, 'rule-broken'],
      ['a resource whose first level is a wildcard', { resources: ['+/a'] }, 422, 'rule-broken'],
      ['an expiry of less than 60 seconds', { expireTime: Date.now() }, 422, 'rule-broken'],
      ['an expiry of more than 30 days', { expireTime: Date.now() + 31 * 24 * HOUR }, 422, 'rule-broken'],
      ['an unknown key', { keyId: 'nobody' }, 404, 'key-unknown'],
      ['an unknown property', { lifetime: 60 }, 400, 'request-malformed'],
    ] as const)('%s is refused', async (_what, more, status, code) => {
      expect(await first('POST', '/tokens', asked(more))).toMatchObject({ status, body: { code } });
    });

    it('what is no token of this storage is told so', async () => {
      const { token } = await apply(first);
      const [claims, signature] = token.split('.') as [string, string];
      const changed = `${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      expect((await first('POST', '/tokens/query', { token: changed })).body).toEqual({ valid: false, problem: 'signature', token: null });
      expect((await first('POST', '/tokens/query', { token: 'nonsense' })).body).toEqual({ valid: false, problem: 'forged', token: null });
      expect(await first('POST', '/tokens/revoke', { token: changed })).toMatchObject({ status: 404, body: { code: 'token-unknown' } });
    });
  });

  describe('A3 device credentials', () => {
    const at = (clientId: string): string => `/clients/${encodeURIComponent(clientId)}/credential`;
    const by = ({ clientId, deviceAccessKeyId, deviceAccessKeySecret }: DeviceCredential): ClientOptions =>
      ({ username: `DeviceCredential|${deviceAccessKeyId}|${INSTANCE_ID}`, password: signPassword(deviceAccessKeySecret, clientId) });

    it('register, connect, refresh on another gateway, unregister', async () => {
      const clientId = 'GID_main@@@device-1';
      const { body: registered } = await first<DeviceCredential>('POST', at(clientId));
      expect(registered).toMatchObject({ clientId, instanceId: INSTANCE_ID, account: 'main' });
      expect((await other('POST', at(clientId))).body).toEqual(registered);
      expect((await other('GET', at(clientId))).body).toEqual(registered);

      const client = await connect(fleet.gateways[0]!, clientId, by(registered));
      const gone = closed(client);
      const { body: refreshed } = await other<DeviceCredential>('POST', `${at(clientId)}/refresh`);
      await gone;
      expect(refreshed).toMatchObject({ deviceAccessKeyId: registered.deviceAccessKeyId, createTime: registered.createTime });
      expect(refreshed.deviceAccessKeySecret).not.toBe(registered.deviceAccessKeySecret);
      expect(await connectCode(fleet.gateways[0]!, clientId, by(registered))).toBe(4);

      const back = await connect(fleet.gateways[0]!, clientId, by(refreshed));
      const ended = closed(back);
      expect((await other('DELETE', at(clientId))).status).toBe(200);
      await ended;
      expect(await connectCode(fleet.gateways[0]!, clientId, by(refreshed))).toBe(4);
      expect(await first('GET', at(clientId))).toMatchObject({ status: 404, body: { code: 'credential-not-found' } });
    });

    it('A4 a device belongs to the account of its group, whoever registers it; a sub-account reaches its own only', async () => {
      const clientId = 'GID_sub@@@device-2';
      const { body: registered } = await first<DeviceCredential>('POST', at(clientId));
      expect(registered.account).toBe('sub');
      expect(await connectCode(fleet.gateways[0]!, clientId, by(registered))).toBe(0);
      expect((await sub('GET', at(clientId))).body).toEqual(registered);
      expect((await sub('POST', `${at(clientId)}/refresh`)).status).toBe(200);
      expect((await first('DELETE', at(clientId))).status).toBe(200);

      await first('POST', at('GID_main@@@device-3'));
      for (const [method, path] of [['POST', ''], ['GET', ''], ['POST', '/refresh'], ['DELETE', '']] as const) {
        for (const one of ['GID_main@@@device-3', 'GID_main@@@nobody']) {
          expect(await sub(method, at(one) + path)).toMatchObject({ status: 403, body: { code: 'account-denied' } });
        }
      }
      expect((await first('GET', at('GID_main@@@device-3'))).status).toBe(200);
    });

    it('A4 I5 what a device was registered for before its group changed hands, the main account takes away', async () => {
      const clientId = 'GID_moved@@@device-4';
      expect((await sub('POST', '/groups', { name: 'GID_moved' })).status).toBe(201);
      await expect.poll(async () => (await first('POST', at(clientId))).body).toMatchObject({ account: 'sub' });
      expect((await sub('DELETE', '/groups/GID_moved')).status).toBe(200);
      expect((await other('POST', '/groups', { name: 'GID_moved' })).body).toMatchObject({ account: 'main' });
      expect(await other('POST', at(clientId))).toMatchObject({ status: 403, body: { code: 'account-denied' } });
      expect((await other('DELETE', at(clientId))).status).toBe(200);
      expect((await other('POST', at(clientId))).body).toMatchObject({ account: 'main' });
    });

    it.each([
      ['POST', 'nobody', '', 422, 'rule-broken'],
      ['POST', `GID_main@@@${'x'.repeat(64)}`, '', 422, 'rule-broken'],
      ['POST', 'GID_nobody@@@x', '', 404, 'group-not-found'],
      ['GET', 'GID_main@@@nobody', '', 404, 'credential-not-found'],
      ['POST', 'GID_main@@@nobody', '/refresh', 404, 'credential-not-found'],
      ['DELETE', 'GID_main@@@nobody', '', 404, 'credential-not-found'],
    ] as const)('%s %s%s is refused', async (method, clientId, path, status, code) => {
      expect(await first(method, at(clientId) + path)).toMatchObject({ status, body: { code } });
    });
  });

  it('A6 the log tells who asked for what, and neither a token nor a secret', async () => {
    const { token } = (await first('POST', '/tokens', { actions: ['R'], resources: ['demo/#'], expireTime: Date.now() + HOUR })).body;
    const { deviceAccessKeySecret } = (await first<DeviceCredential>('POST', '/clients/GID_main%40%40%40logged/credential')).body;
    expect((await first('POST', '/tokens/revoke', { token: `${token}x` })).status).toBe(404);
    expect((await first('POST', '/tokens/revoke', { token })).status).toBe(200);
    const all = logged.join('');
    for (const operation of ['applyToken', 'registerDevice', 'revokeToken']) expect(all).toContain(operation);
    for (const secret of [token, token.split('.')[1], deviceAccessKeySecret]) expect(all).not.toContain(secret);
  });
});
