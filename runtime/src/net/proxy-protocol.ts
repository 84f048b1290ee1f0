import { isIPv4, isIPv6 } from 'node:net';
import type { Peer } from './transport';

/**
 * The PROXY protocol, versions 1 and 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt): how a front tells the address of
 * the client. Only for ports that nobody but the front can reach: whoever can write a header can be anybody.
 */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly detail: string }
  /** `source` null: the front speaks for itself (health check), or does not know. */
  | { readonly kind: 'complete'; readonly length: number; readonly source: Peer | null };

const SIGNATURE_V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const PREFIX_V1 = Buffer.from('PROXY ', 'latin1');
/** The specification's own bound of a version 1 line. */
const LINE_BYTES_V1 = 107;

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

export function parseProxyHeader(bytes: Buffer, maximumBytes: number): ProxyHeader {
  if (startsLike(bytes, SIGNATURE_V2)) return bytes.length < 16 ? INCOMPLETE : parseV2(bytes, maximumBytes);
  if (startsLike(bytes, PREFIX_V1)) return parseV1(bytes);
  return malformed('it starts with neither version');
}

function startsLike(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LINE_BYTES_V1).indexOf('\r\n');
  if (end < 0) return bytes.length >= LINE_BYTES_V1 ? malformed(`no line end within ${LINE_BYTES_V1} bytes`) : INCOMPLETE;
  const words = bytes.toString('latin1', 0, end).split(' ');
  const length = end + 2;
  if (words[1] === 'UNKNOWN') return { kind: 'complete', length, source: null };
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = ''] = words;
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  if (words.length !== 6 || !isAddress(source) || !isAddress(destination) || !isPort(sourcePort) || !isPort(destinationPort)) {
    return malformed('the version 1 line is wrong');
  }
  return { kind: 'complete', length, source: { address: source, port: Number(sourcePort) } };
}

function isPort(text: string): boolean {
  return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535;
}

function parseV2(bytes: Buffer, maximumBytes: number): ProxyHeader {
  const versionAndCommand = bytes[12]!;
  const family = bytes[13]!;
  const length = 16 + bytes.readUInt16BE(14);
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return malformed('version or command is unknown');
  if (length > maximumBytes) return malformed(`got ${length} bytes, allowed ${maximumBytes}`);
  if (bytes.length < length) return INCOMPLETE;
  if (versionAndCommand === 0x20) return { kind: 'complete', length, source: null }; // LOCAL
  if (family === 0x11) {
    if (length < 28) return malformed('no room for IPv4 addresses');
    return { kind: 'complete', length, source: { address: bytes.subarray(16, 20).join('.'), port: bytes.readUInt16BE(24) } };
  }
  if (family === 0x21) {
    if (length < 52) return malformed('no room for IPv6 addresses');
    return { kind: 'complete', length, source: { address: ipv6(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48) } };
  }
  if (family === 0x00) return { kind: 'complete', length, source: null };
  return malformed('the address family is not TCP over IPv4 or IPv6');
}

/** Shortest form (RFC 5952): the longest run of zero groups, if more than one, becomes `::`. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  let start = 0;
  let longest = 0;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > longest) [start, longest] = [i, end - i];
  }
  const text = groups.map((group) => group.toString(16));
  if (longest < 2) return text.join(':');
  return `${text.slice(0, start).join(':')}::${text.slice(start + longest).join(':')}`;
}

function malformed(detail: string): ProxyHeader {
  return { kind: 'malformed', detail };
}
