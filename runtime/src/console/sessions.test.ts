import { describe, expect, it } from 'vitest';
import { compileInstanceView, type InstanceView } from '../auth/instance-view';
import type { Rate } from '../store/contract';
import { NoneStore } from '../store/none/none-store';
import { instanceManifest, secrets } from '../testing/documents';
import { LoginLimits, networkOf, OF_A_NAME, OF_AN_ADDRESS, RECORDS, ATTEMPT_KIND } from './login-limits';
import { ConsoleSessions, IDLE_MS, LONGEST_MS, SESSION_KIND, SESSIONS_A_USER } from './sessions';

const MINUTE = 60_000;

async function opened(): Promise<NoneStore> {
  const store = new NoneStore();
  await store.open();
  return store;
}

function view(password = 'a password', more: Parameters<typeof instanceManifest>[0] = {}, revision = 1): InstanceView {
  const instance = instanceManifest({ console: { enabled: true, users: [{ name: 'admin', account: 'main' }] }, ...more });
  return compileInstanceView({ revision, instance, storage: null, secrets: { ...secrets(), consoleUsers: { admin: password } } });
}

describe('a console session', () => {
  const begun = async () => {
    const clock = { now: Date.now() };
    const store = await opened();
    const sessions = new ConsoleSessions(store, () => clock.now);
    const declared = view();
    return { clock, store, sessions, declared, ...await sessions.open(declared, declared.consoleUsers.get('admin')!) };
  };

  it('ends half an hour after the last request', async () => {
    const { clock, sessions, declared, token, session } = await begun();
    expect(session.expiresAt).toBe(clock.now + IDLE_MS);
    clock.now += IDLE_MS - 1;
    expect((await sessions.find(declared, token))!.expiresAt).toBe(clock.now + IDLE_MS);
    clock.now += IDLE_MS;
    expect(await sessions.find(declared, token)).toBeNull();
  });

  it('ends after twelve hours in any case', async () => {
    const { clock, sessions, declared, token } = await begun();
    const end = clock.now + LONGEST_MS;
    for (; clock.now < end - 20 * MINUTE; clock.now += 20 * MINUTE) expect((await sessions.find(declared, token))!.expiresAt).toBeLessThanOrEqual(end);
    expect((await sessions.find(declared, token))!.expiresAt).toBe(end);
    clock.now = end;
    expect(await sessions.find(declared, token)).toBeNull();
  });

  it('is written at most once a minute', async () => {
    const { clock, store, sessions, declared, token } = await begun();
    const before = await store.recordsRevision(SESSION_KIND);
    for (const _ of Array.from({ length: 50 })) await sessions.find(declared, token);
    clock.now += MINUTE - 1;
    await sessions.find(declared, token);
    expect(await store.recordsRevision(SESSION_KIND)).toBe(before);
    clock.now += 1;
    await Promise.all([1, 2, 3].map(() => sessions.find(declared, token)));
    expect(await store.recordsRevision(SESSION_KIND)).toBe(before + 1);
  });

  it('is not ended by others of its user that were logged out', async () => {
    const { sessions, declared, token } = await begun();
    for (const _ of Array.from({ length: SESSIONS_A_USER })) await sessions.close((await sessions.open(declared, declared.consoleUsers.get('admin')!)).token);
    expect(await sessions.find(declared, token)).not.toBeNull();
  });

  it.each<[string, InstanceView]>([
    ['another password', view('another password')],
    ['no password', view('')],
    ['a well-known password beyond loopback (A6)', view('quickstart-password', { loopbackOnly: false })],
    ['another account', view('a password', { console: { enabled: true, users: [{ name: 'admin', account: 'sub' }] } })],
    ['no user', view('a password', { console: { enabled: true, users: [] } })],
    ['the console off', view('a password', { console: { enabled: false, users: [{ name: 'admin', account: 'main' }] } })],
  ])('ends for good with %s', async (_what, changed) => {
    const { sessions, declared, token } = await begun();
    expect(await sessions.find(changed, token)).toBeNull();
    expect(await sessions.find(declared, token)).toBeNull();
  });
});

describe('a replica that has not taken in the documents by which somebody logged in', () => {
  it('does not know the session, and leaves it to the others', async () => {
    const sessions = new ConsoleSessions(await opened());
    const [behind, now] = [view('the password before'), view('the new password', {}, 2)];
    const { token } = await sessions.open(now, now.consoleUsers.get('admin')!);
    expect(await sessions.find(behind, token)).toBeNull();
    expect(await sessions.find(now, token)).toMatchObject({ user: 'admin' });
  });
});

describe('tries to log in', () => {
  const everyMs = ({ perSecond }: Rate) => 1_000 / perSecond;
  const limited = async () => {
    const clock = { now: Date.now() };
    const store = await opened();
    return { clock, store, limits: new LoginLimits(store, () => clock.now), other: new LoginLimits(store, () => clock.now) };
  };

  it('of a name come back one by one, on every replica', async () => {
    const { clock, limits, other } = await limited();
    for (let n = 0; n < OF_A_NAME.burst; n++) expect(await (n % 2 ? limits : other).take(`192.0.2.${n}`, 'admin')).toBe(0);
    expect(await other.take('192.0.2.99', 'admin')).toBe(everyMs(OF_A_NAME));
    clock.now += everyMs(OF_A_NAME);
    expect([await other.take('192.0.2.99', 'admin'), await limits.take('192.0.2.98', 'admin')]).toEqual([0, everyMs(OF_A_NAME)]);
    await limits.forgive('192.0.2.98', 'admin');
    expect(await other.take('192.0.2.99', 'admin')).toBe(0);
  });

  it('side by side never exceed it', async () => {
    const { limits, other } = await limited();
    const waits = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? limits : other).take(`192.0.2.${n}`, 'admin')));
    expect(waits.filter((wait) => wait === 0).length).toBeLessThanOrEqual(OF_A_NAME.burst);
  });

  it('of an address are limited whatever the names, an IPv6 network being one', async () => {
    const { limits } = await limited();
    for (let n = 0; n < OF_AN_ADDRESS.burst; n++) expect(await limits.take(`2001:db8::${n.toString(16)}`, `user-${n}`)).toBe(0);
    expect(await limits.take('2001:db8:0:0:1::1', 'somebody')).toBe(everyMs(OF_AN_ADDRESS));
    expect(await limits.take('2001:db8:0:1::1', 'somebody')).toBe(0);
  });

  it('take a bounded number of records, however many names are tried', async () => {
    const { store, limits } = await limited();
    for (let n = 0; n < 2_000; n++) await limits.take(`10.0.${n >> 8}.${n & 255}`, `name-${n}`);
    let records = 0;
    for (let next: string | null = null; ;) {
      const page: Awaited<ReturnType<NoneStore['pageRecords']>> = await store.pageRecords(ATTEMPT_KIND, next, 1_000);
      records += page.records.length;
      if ((next = page.next) === null) break;
    }
    expect(records).toBeGreaterThan(RECORDS / 2);
    expect(records).toBeLessThanOrEqual(RECORDS);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['2001:db8::1', '2001:db8:0:0::/64'], ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['::1', '0:0:0:0::/64'], ['2001:db8:0:1::', '2001:db8:0:1::/64'],
  ])('%s is of %s', (address, network) => expect(networkOf(address)).toBe(network));
});
