/**
 * Who asks over HTTP: whoever connects, unless that is a proxy that is believed. Then it is the last address of `X-Forwarded-For`
 * that is no such proxy's: what stands before it the client wrote itself.
 */
import { BlockList, isIP } from 'node:net';
import { proxyRange } from '../../../lib/rules/trusted-proxies';

/** `hop` 0 is who connects, 1 the last address of the header. */
export type Trust = (address: string, hop: number) => boolean;

/** `own`: hops that are ours whatever their address is, a front and the primary of several workers. `declared`: proxies of the user. */
export function trust(own: number, declared: () => readonly string[]): Trust {
  let listed: readonly string[] | undefined;
  let ranges = new BlockList();
  return (address, hop) => {
    if (hop < own) return true;
    const proxies = declared();
    if (proxies !== listed) [listed, ranges] = [proxies, rangesOf(proxies)];
    const version = isIP(address);
    return version !== 0 && ranges.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
}

function rangesOf(proxies: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const text of proxies) {
    const range = proxyRange(text);
    if (range !== undefined) ranges.addSubnet(range.address, range.prefix, range.family);
  }
  return ranges;
}
