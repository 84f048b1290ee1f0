import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProxyHeader } from './proxy-protocol';

const v1 = (line: string) => Buffer.from(`${line}\r\n`, 'latin1');
const v2 = (command: number, family: number, body: number[] | Buffer) => Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from([command, family, body.length >> 8, body.length & 0xff]), Buffer.from(body as Buffer),
]);
const parse = (bytes: Buffer) => parseProxyHeader(bytes, 1_024);

describe('PROXY protocol', () => {
  it.each([
    ['v1 TCP4', v1('PROXY TCP4 192.0.2.1 198.51.100.7 51234 1883'), { address: '192.0.2.1', port: 51_234 }],
    ['v1 TCP6', v1('PROXY TCP6 2001:db8::1 ::1 51234 1883'), { address: '2001:db8::1', port: 51_234 }],
    ['v1 UNKNOWN', v1('PROXY UNKNOWN'), null],
    ['v1 UNKNOWN with addresses', v1('PROXY UNKNOWN ffff::1 ffff::2 1 2'), null],
    ['v2 TCP4', v2(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 7, 0xc8, 0x22, 0x07, 0x5b]), { address: '192.0.2.1', port: 51_234 }],
    ['v2 TCP4 with a TLV', v2(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 7, 0xc8, 0x22, 0x07, 0x5b, 4, 0, 1, 0]), { address: '192.0.2.1', port: 51_234 }],
    ['v2 TCP6', v2(0x21, 0x21, Buffer.concat([Buffer.from('20010db8000000000000000000000001', 'hex'), Buffer.alloc(16), Buffer.from([0xc8, 0x22, 0, 1])])), { address: '2001:db8::1', port: 51_234 }],
    ['v2 LOCAL', v2(0x20, 0x00, []), null],
    ['v2 UNSPEC', v2(0x21, 0x00, []), null],
  ])('%s', (_name, header, source) => {
    expect(parse(Buffer.concat([header, Buffer.from('MQTT')]))).toEqual({ kind: 'complete', length: header.length, source });
    for (let length = 0; length < header.length; length++) expect(parse(header.subarray(0, length)).kind).toBe('incomplete');
  });

  it.each([
    ['a CONNECT', Buffer.from([0x10, 0x0c])],
    ['v1 without line end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
    ['v1 with an IPv6 address as TCP4', v1('PROXY TCP4 ::1 ::1 1 2')],
    ['v1 with a port too high', v1('PROXY TCP4 192.0.2.1 192.0.2.2 65536 2')],
    ['v1 with a signed port', v1('PROXY TCP4 192.0.2.1 192.0.2.2 +1 2')],
    ['v1 with a word too many', v1('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3')],
    ['v1 with UDP', v1('PROXY UDP4 192.0.2.1 192.0.2.2 1 2')],
    ['v2 of version 3', v2(0x31, 0x11, [])],
    ['v2 with another command', v2(0x22, 0x11, [])],
    ['v2 with a Unix socket', v2(0x21, 0x31, Buffer.alloc(216))],
    ['v2 with too few bytes for its family', v2(0x21, 0x11, [1, 2, 3])],
    ['v2 that is too long', v2(0x21, 0x11, Buffer.alloc(2_000))],
  ])('refuses %s', (_name, bytes) => expect(parse(bytes).kind).toBe('malformed'));

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, signed) => {
      const header = signed ? v2(0x21, 0x21, Buffer.from(bytes)) : Buffer.from(bytes);
      expect(['incomplete', 'malformed', 'complete']).toContain(parse(header).kind);
    }));
  });
});
