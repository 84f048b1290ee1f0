import { describe, expect, it } from 'vitest';
import { createLogger } from '../logging';
import type { Store } from '../store/contract';
import { Memory } from '../store/none/memory';
import { NoneStore } from '../store/none/none-store';
import { key, viewFixture, type ViewFixture } from './auth-fixture';
import { HandedOut } from './handed-out';
import { TOKEN_BYTES } from './token';

const SEALING_KEY = 'a sealing key of more than thirty-two characters';
const logger = createLogger({ level: 'silent' });
const CLIENT = 'GID_demo@@@1';

async function opened(memory = new Memory()): Promise<Store> {
  const store = new NoneStore(memory);
  await store.open();
  return store;
}

async function handedOut(more: { store?: Store; fixture?: ViewFixture; now?: () => number; sealingKey?: string; most?: { devices: number; revocations: number } } = {}): Promise<HandedOut> {
  const view = viewFixture(more.fixture ?? { keys: [key('K1'), key('S1', { account: 'sub' })] });
  const made = new HandedOut({
    store: more.store ?? await opened(), sealingKey: more.sealingKey ?? SEALING_KEY, storageId: 'st', logger, view: () => view, now: more.now ?? Date.now, pollMs: 3_600_000, ...(more.most && { most: more.most }),
  });
  await made.start();
  return made;
}

const request = { keyId: 'K1', actions: ['R'] as const, resources: ['demo/#'], expireTime: 0 };

describe('A2 applying for a token', () => {
  const time = 1_800_000_000_000;
  const apply = async (more: object) => (await handedOut({ now: () => time })).service.applyToken({ ...request, expireTime: time + 60_000, ...more });

  it.each<[string, object, string]>([
    ['59.999 s', { expireTime: time + 59_999 }, '60 seconds to 30 days'],
    ['30 days and a millisecond', { expireTime: time + 30 * 86_400_000 + 1 }, '60 seconds to 30 days'],
    ['no number', { expireTime: Number.NaN }, '60 seconds to 30 days'],
    ['no action', { actions: [] }, 'allowed are R, W or both'],
    ['another action', { actions: ['R', 'X'] }, 'got the actions "R,X"'],
    ['no resource', { resources: [] }, 'got 0 resources'],
    ['101 resources', { resources: Array.from({ length: 101 }, (_, i) => `demo/${i}`) }, 'got 101 resources'],
    ['everything', { resources: ['#'] }, 'begins with a parent topic'],
    ['T1 a wildcard in the first level', { resources: ['demo/a', '+/a'] }, 'got the resource "+/a"'],
    ['a malformed filter', { resources: ['demo/#/a'] }, 'got the resource "demo/#/a"'],
    ['a reserved topic', { resources: ['$SYS/uploadToken'] }, 'got the resource "$SYS/uploadToken"'],
    ['more than a CONNECT can take', { resources: Array.from({ length: 100 }, (_, i) => `demo/${i}${'温'.repeat(60)}`) }, 'name fewer, or use wildcards'],
  ])('%s is refused with a sentence', async (_what, more, sentence) => {
    await expect(apply(more)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(sentence) as string });
  });

  it('the bounds themselves are accepted, and the largest token fits', async () => {
    await apply({ expireTime: time + 30 * 86_400_000, actions: ['W', 'R', 'R'] });
    const { token } = await apply({ resources: Array.from({ length: 100 }, (_, i) => `demo/${String(i).padStart(3, '0')}${'x'.repeat(107)}`) });
    expect(token.length).toBeLessThan(TOKEN_BYTES);
    expect(3 * TOKEN_BYTES).toBeLessThan(64 * 1024);
  });

  it('an unknown key is not found', async () => {
    await expect(apply({ keyId: 'K9' })).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('"K9"') as string });
  });
});

describe('A2 querying and revoking', () => {
  it('tells what a token carries, and that it was revoked', async () => {
    const { service } = await handedOut();
    const expireTime = Date.now() + 3_600_000;
    const { token, tokenId } = await service.applyToken({ ...request, actions: ['W', 'R'], expireTime });
    const carried = { tokenId, keyId: 'K1', actions: ['R', 'W'], resources: ['demo/#'], expireTime };
    expect(await service.queryToken(token, 'main')).toEqual({ valid: true, problem: null, token: carried });
    await service.revokeToken(token, 'main');
    await service.revokeToken(token, 'main');
    expect(await service.queryToken(token, 'main')).toEqual({ valid: false, problem: 'revoked', token: carried });
    expect(await service.queryToken('x', 'main')).toEqual({ valid: false, problem: 'forged', token: null });
  });

  it('A4 another account neither sees nor revokes it', async () => {
    const { service } = await handedOut();
    const { token } = await service.applyToken({ ...request, expireTime: Date.now() + 3_600_000 });
    await expect(service.queryToken(token, 'sub')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(service.revokeToken(token, 'sub')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(service.revokeToken(`${token}x`, 'main')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('a revocation is kept until the token has expired, and no longer', async () => {
    const store = await opened();
    const { service } = await handedOut({ store, now: () => Date.now() - 59_800 });
    const { token, tokenId } = await service.applyToken({ ...request, expireTime: Date.now() + 400 });
    await service.revokeToken(token, 'main');
    const kept = async (): Promise<number> => (await store.pageRecords('token-revocation', null, 10)).records.length;
    expect(await kept()).toBe(1);
    await expect.poll(kept).toBe(0);
    expect(await store.expireRecords()).toBe(1);
    const later = await handedOut({ store });
    expect(later.isRevoked(tokenId)).toBe(false);
    expect(later.judgeToken(token)).toMatchObject({ ok: false, problem: 'expired' });
  });

  it('gateways of one storage know each other\'s tokens; one with another sealing key makes its own', async () => {
    const memory = new Memory();
    const { service } = await handedOut({ store: await opened(memory) });
    const { token } = await service.applyToken({ ...request, expireTime: Date.now() + 3_600_000 });
    expect((await handedOut({ store: await opened(memory) })).judgeToken(token)).toMatchObject({ ok: true });
    expect((await handedOut({ store: await opened(memory), sealingKey: `another ${SEALING_KEY}` })).judgeToken(token)).toMatchObject({ ok: false, problem: 'signature' });
    expect(JSON.stringify(await (await opened(memory)).pageRecords('token-revocation', null, 10))).not.toContain(token);
  });

  it('a notice that was lost is made up for, and one that came tells of one token', async () => {
    const memory = new Memory();
    const [issuer, gateway] = [await handedOut({ store: await opened(memory) }), await handedOut({ store: await opened(memory) })];
    const told: string[] = [];
    const devices: (string | null)[] = [];
    gateway.listener = { tokenRevoked: (id) => told.push(id), deviceChanged: async (id) => { devices.push(id); } };
    const tokens = await Promise.all([1, 2, 3].map(() => issuer.service.applyToken({ ...request, expireTime: Date.now() + 3_600_000 })));
    await issuer.service.revokeToken(tokens[0]!.token, 'main');
    expect(told).toEqual([]);
    await gateway.check();
    expect(told).toEqual([tokens[0]!.tokenId]);
    await issuer.service.revokeToken(tokens[1]!.token, 'main'); // its notice is lost
    await issuer.service.revokeToken(tokens[2]!.token, 'main');
    gateway.notice({ kind: 'records', recordKind: 'token-revocation', id: tokens[2]!.tokenId, revision: 3 });
    expect(told).toEqual([tokens[0]!.tokenId, tokens[2]!.tokenId]);
    await gateway.check();
    expect(told).toEqual([tokens[0]!.tokenId, tokens[2]!.tokenId, tokens[1]!.tokenId]);
    expect(tokens.map(({ tokenId }) => gateway.isRevoked(tokenId))).toEqual([true, true, true]);
    expect(devices).toEqual([]);
    await issuer.service.registerDevice(CLIENT, 'main');
    await gateway.check();
    expect(devices).toEqual([null]);
  });
});

describe('A3 registering devices', () => {
  it('register and get answer the same credential; refresh changes the secret; unregister ends it', async () => {
    let time = 1_800_000_000_000;
    const { service } = await handedOut({ now: () => ++time });
    const first = await service.registerDevice(CLIENT, 'main');
    expect(first).toMatchObject({ clientId: CLIENT, instanceId: 'shop', account: 'main', createTime: first.updateTime });
    expect(first.deviceAccessKeySecret.length).toBeGreaterThanOrEqual(32);
    expect(first.deviceAccessKeyId).toMatch(/^DC\.[\w-]{16}$/);
    expect(await service.registerDevice(CLIENT, 'main')).toEqual(first);
    expect(await service.getDevice(CLIENT, 'main')).toEqual(first);
    const second = await service.refreshDevice(CLIENT, 'main');
    expect(second).toEqual({ ...first, deviceAccessKeySecret: second.deviceAccessKeySecret, updateTime: second.updateTime });
    expect(second.deviceAccessKeySecret).not.toBe(first.deviceAccessKeySecret);
    expect(second.updateTime).toBeGreaterThan(first.updateTime);
    await service.unregisterDevice(CLIENT, 'main');
    for (const call of [service.getDevice(CLIENT, 'main'), service.refreshDevice(CLIENT, 'main'), service.unregisterDevice(CLIENT, 'main')]) {
      await expect(call).rejects.toMatchObject({ code: 'not-found' });
    }
    expect((await service.registerDevice(CLIENT, 'main')).deviceAccessKeyId).not.toBe(first.deviceAccessKeyId);
  });

  it('two that register at once get one credential', async () => {
    const memory = new Memory();
    const issuers = await Promise.all([1, 2].map(async () => handedOut({ store: await opened(memory) })));
    const [one, two] = await Promise.all(issuers.map(({ service }) => service.registerDevice(CLIENT, 'main')));
    expect(one!.deviceAccessKeySecret).toBe(two!.deviceAccessKeySecret);
  });

  it.each<[string, string, string, string]>([
    ['C1 no Client ID of a group', 'nobody', 'main', 'invalid'],
    ['C1 65 characters', `GID_demo@@@${'x'.repeat(54)}`, 'main', 'invalid'],
    ['C1 an unknown group', 'GID_none@@@1', 'main', 'not-found'],
    ['A4 a group of another account', CLIENT, 'sub', 'forbidden'],
  ])('%s is refused', async (_what, clientId, account, code) => {
    await expect((await handedOut()).service.registerDevice(clientId, account)).rejects.toMatchObject({ code });
  });

  it('A4 another account does nothing with it', async () => {
    const { service } = await handedOut();
    await service.registerDevice(CLIENT, 'main');
    for (const call of [service.registerDevice(CLIENT, 'sub'), service.getDevice(CLIENT, 'sub'), service.refreshDevice(CLIENT, 'sub'), service.unregisterDevice(CLIENT, 'sub')]) {
      await expect(call).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('a secret of another sealing key opens no more, lets nobody in, and a refresh mends it', async () => {
    const memory = new Memory();
    await (await handedOut({ store: await opened(memory) })).service.registerDevice(CLIENT, 'main');
    const next = await handedOut({ store: await opened(memory), sealingKey: `another ${SEALING_KEY}` });
    expect(await next.device(CLIENT)).toBeNull();
    await expect(next.service.getDevice(CLIENT, 'main')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('refresh') as string });
    const { deviceAccessKeySecret } = await next.service.refreshDevice(CLIENT, 'main');
    expect((await next.device(CLIENT))!.secret.toString()).toBe(deviceAccessKeySecret);
  });
});

describe('what an account may have of what is handed out', () => {
  const most = { devices: 2, revocations: 2 };
  const exceeded = (what: RegExp): object => ({ code: 'exceeded', message: expect.stringMatching(what) as string });

  it('A3 so many device credentials: a registered one is answered and refreshed, one more is refused, one less makes room', async () => {
    const { service } = await handedOut({ most });
    const register = (device: string) => service.registerDevice(`GID_demo@@@${device}`, 'main');
    await register('1');
    const second = await register('2');
    await expect(register('3')).rejects.toMatchObject(exceeded(/got one more .* "main", allowed are 2; unregister/));
    expect((await register('2')).deviceAccessKeyId).toBe(second.deviceAccessKeyId);
    expect((await service.refreshDevice('GID_demo@@@2', 'main')).deviceAccessKeySecret).not.toBe(second.deviceAccessKeySecret);
    await service.unregisterDevice('GID_demo@@@1', null);
    await register('3');
    await expect(register('1')).rejects.toMatchObject(exceeded(/allowed are 2/));
  });

  it('A2 so many revoked tokens: again is no error, one more is refused and stays valid, another account has its own', async () => {
    let now = Date.now() - 120_000; // the store has a clock of its own
    const store = await opened();
    const { service } = await handedOut({ most, store, now: () => now });
    const apply = async (keyId = 'K1') => (await service.applyToken({ ...request, keyId, expireTime: now + 121_000 })).token;
    const [one, two, three] = [await apply(), await apply(), await apply()];
    await service.revokeToken(one, 'main');
    await service.revokeToken(two, null);
    await service.revokeToken(one, 'main');
    await expect(service.revokeToken(three, 'main')).rejects.toMatchObject(exceeded(/got one more .* "main", allowed are 2 at a time; wait until some have expired, or give/));
    expect(await service.queryToken(three, 'main')).toMatchObject({ valid: true });
    await service.revokeToken(await apply('S1'), 'sub');
    await expect.poll(async () => store.expireRecords(), { timeout: 10_000 }).toBe(3);
    now = Date.now();
    await service.revokeToken(await apply(), 'main');
  });
});
