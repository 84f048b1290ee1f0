/** P1: proxies of the user before the HTTP port. Who is one says in `X-Forwarded-For` who asks, so the list holds no more than them. */
import { isIP } from 'node:net';
import { Finding, Unknown, allKnown, show } from './finding';

const MAX_PROXIES = 100;

export interface ProxyRange {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** An IP address, or a range of them such as `10.1.0.0/16`; undefined: neither. */
export function proxyRange(text: string): ProxyRange | undefined {
  const [, address = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = digits === undefined ? bits : Number(digits);
  return prefix > bits ? undefined : { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix };
}

export function checkTrustedProxies(proxies: readonly string[], unknown: Unknown = allKnown): Finding[] {
  if (unknown(proxies)) return [];
  const finding = (got: string, allowed: string, fix: string): Finding => ({ rule: 'P1', subject: 'trusted proxies of the HTTP port', got, allowed, fix });
  if (proxies.length > MAX_PROXIES) return [finding(`${proxies.length} of them`, `at most ${MAX_PROXIES}`, 'name a range of addresses, such as 10.1.0.0/16')];
  return proxies.filter((proxy) => !unknown(proxy)).flatMap((proxy) => {
    const range = proxyRange(proxy);
    if (range === undefined) return [finding(show(proxy), 'an IP address, or a range of them', 'write it like 192.0.2.10 or 10.1.0.0/16')];
    if (range.prefix > 0) return [];
    return [finding(`${show(proxy)}, which is everybody`, 'the addresses of your proxies', 'name them alone: who is trusted may give any address for its own')];
  });
}
