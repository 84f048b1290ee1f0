import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trust } from './trust';

describe('who asks over HTTP', () => {
  let own = 0;
  let proxies: readonly string[] = [];
  // as the server has it; the list may change between two requests
  const app = Fastify({ trustProxy: (address: string, hop: number) => judge(address, hop) });
  let judge = trust(0, () => proxies);
  beforeAll(() => void app.get('/', (request) => request.ip));
  afterAll(() => app.close());
  const who = async (remoteAddress: string, forwarded?: string) =>
    (await app.inject({ url: '/', remoteAddress, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })).body;

  it.each([
    ['nobody is trusted', 0, [], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['who connects is none of them', 0, ['10.0.0.1'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['who connects is none of them and says to be one', 0, ['10.0.0.1'], '192.0.2.1', '203.0.113.9, 10.0.0.1', '192.0.2.1'],
    ['a proxy tells', 0, ['10.0.0.1'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a proxy tells nothing', 0, ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
    ['a client wrote one itself', 0, ['10.0.0.1'], '10.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['two proxies in a row', 0, ['10.0.0.0/8'], '10.0.0.1', '198.51.100.1, 203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['an address that is none', 0, ['10.0.0.1'], '10.0.0.1', '10.0.0.1, unknown', 'unknown'],
    ['a dual-stack socket', 0, ['10.0.0.1'], '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['IPv6', 0, ['2001:db8::/32'], '2001:db8:1::1', '2001:db9::1', '2001:db9::1'],
    ['a front of ours', 1, [], '172.18.0.2', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['a front of ours behind a proxy', 1, ['198.51.100.1'], '172.18.0.2', '203.0.113.9, 198.51.100.1', '203.0.113.9'],
    ['a primary behind a front of ours', 2, [], '127.0.0.1', '203.0.113.9, 198.51.100.1, 172.18.0.2', '198.51.100.1'],
  ])('%s', async (_name, hops, listed, remoteAddress, forwarded, expected) => {
    [own, proxies] = [hops, listed];
    judge = trust(own, () => proxies);
    expect(await who(remoteAddress, forwarded)).toBe(expected);
  });

  it('a changed list counts at once', async () => {
    judge = trust(0, () => proxies);
    proxies = ['10.0.0.1'];
    expect(await who('10.0.0.1', '203.0.113.9')).toBe('203.0.113.9');
    proxies = [];
    expect(await who('10.0.0.1', '203.0.113.9')).toBe('10.0.0.1');
  });
});
