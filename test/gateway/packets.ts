import type { ErrorCode } from '../../runtime/src/errors';

/**
 * Named raw packets, good and bad, for unit tests and for tests on real sockets. A bad one says with which code it is
 * refused, and whether it is a CONNECT (sent first) or comes after a good CONNECT.
 */
export interface NamedPacket {
  readonly name: string;
  readonly bytes: Buffer;
  /** null: valid. */
  readonly refused: ErrorCode | null;
  /** Sent as the first packet; otherwise behind a valid CONNECT. */
  readonly first: boolean;
  /** Protocol level of the CONNECT before it. */
  readonly level?: 3 | 4;
}

/** Remaining length, in as few bytes as it takes. */
export function remainingLength(length: number): Buffer {
  const bytes: number[] = [];
  do {
    bytes.push((length % 128) | (length >= 128 ? 0x80 : 0));
    length = Math.floor(length / 128);
  } while (length > 0);
  return Buffer.from(bytes);
}

export function packet(firstByte: number, ...body: (Buffer | string | number[])[]): Buffer {
  const parts = body.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part as Buffer)));
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([firstByte]), remainingLength(content.length), content]);
}

/** A string or binary field with its two-byte length. */
export function field(value: string | Buffer | number[]): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value as Buffer);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export interface ConnectOptions {
  readonly clientId?: string | Buffer;
  readonly flags?: number;
  readonly keepAlive?: number;
  readonly name?: string;
  readonly level?: number;
  /** Fields after the Client ID. */
  readonly rest?: Buffer[];
}

export function connect(options: ConnectOptions = {}): Buffer {
  const { clientId = 'GID_demo@@@1', flags = 0x02, keepAlive = 60, level = 4, rest = [] } = options;
  const name = options.name ?? (level === 3 ? 'MQIsdp' : 'MQTT');
  return packet(0x10, field(name), [level, flags, keepAlive >> 8, keepAlive & 0xff], field(clientId), ...rest);
}

export function publish(topic: string | Buffer, payload: Buffer | string, qos: 0 | 1 | 2 = 0, packetId = 1, flags = 0): Buffer {
  return packet(0x30 | (qos << 1) | flags, field(topic), qos > 0 ? [packetId >> 8, packetId & 0xff] : [], typeof payload === 'string' ? payload : payload);
}

export function subscribe(filters: readonly (readonly [string | Buffer, number])[], packetId = 1): Buffer {
  return packet(0x82, [packetId >> 8, packetId & 0xff], ...filters.flatMap(([filter, qos]) => [field(filter), [qos]]));
}

export const PINGREQ = Buffer.from([0xc0, 0x00]);
export const DISCONNECT = Buffer.from([0xe0, 0x00]);

const INVALID_UTF8 = Buffer.from([0x61, 0xc3, 0x28]);
const SURROGATE = Buffer.from([0x61, 0xed, 0xa0, 0x80]);
const OVERLONG = Buffer.from([0xc0, 0xaf]);
const levels = (count: number): string => Array.from({ length: count }, () => 'a').join('/');

const first = (name: string, bytes: Buffer, refused: ErrorCode | null = null): NamedPacket => ({ name, bytes, refused, first: true });
const later = (name: string, bytes: Buffer, refused: ErrorCode | null = null, level?: 3 | 4): NamedPacket => ({
  name, bytes, refused, first: false, ...(level === undefined ? {} : { level }),
});

export const PACKETS: readonly NamedPacket[] = [
  // CONNECT
  first('CONNECT 3.1.1', connect()),
  first('CONNECT 3.1', connect({ level: 3 })),
  first('CONNECT with an empty Client ID', connect({ clientId: '' })),
  first('CONNECT with will, username and password', connect({ flags: 0xc6, rest: [field('demo/w'), field('bye'), field('user'), field('pass')] })),
  first('CONNECT with a binary password', connect({ flags: 0xc2, rest: [field('user'), field([0, 255, 0xc3])] })),
  first('CONNECT with keep alive 65535', connect({ keepAlive: 65_535 })),
  first('CONNECT with a Client ID full of wildcards', connect({ clientId: '#/+/__proto__' })),
  first('CONNECT whose remaining length is not minimal', Buffer.concat([Buffer.from([0x10, 0x98, 0x00]), connect().subarray(2)])),
  first('CONNECT with reserved header flags', Buffer.concat([Buffer.from([0x11]), connect().subarray(1)]), 'header-flags-malformed'),
  first('CONNECT with the reserved connect flag', connect({ flags: 0x03 }), 'connect-flags-malformed'),
  first('CONNECT with will QoS but no will', connect({ flags: 0x0a }), 'connect-flags-malformed'),
  first('CONNECT with will retain but no will', connect({ flags: 0x22 }), 'connect-flags-malformed'),
  first('CONNECT with will QoS 3', connect({ flags: 0x1e, rest: [field('demo/w'), field('')] }), 'qos-malformed'),
  first('CONNECT with a password but no username', connect({ flags: 0x42, rest: [field('pass')] }), 'connect-flags-malformed'),
  first('CONNECT with another protocol name', connect({ name: 'MQTX' }), 'protocol-name-unknown'),
  first('CONNECT with the name of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'first-packet-not-connect'),
  first('CONNECT with level 5', connect({ level: 5 }), 'protocol-level-unsupported'),
  first('CONNECT with level 0', connect({ level: 0 }), 'protocol-level-unsupported'),
  first('CONNECT of a bridge', connect({ level: 0x84 }), 'protocol-level-unsupported'),
  first('CONNECT that ends after the name', packet(0x10, field('MQTT')), 'packet-malformed'),
  first('CONNECT without a body', packet(0x10), 'packet-malformed'),
  first('CONNECT without a Client ID', packet(0x10, field('MQTT'), [4, 2, 0, 60]), 'packet-malformed'),
  first('CONNECT with the username missing', connect({ flags: 0x82 }), 'packet-malformed'),
  first('CONNECT with the will missing', connect({ flags: 0x06 }), 'packet-malformed'),
  first('CONNECT with bytes behind the last field', connect({ rest: [Buffer.from('x')] }), 'packet-malformed'),
  first('CONNECT with a field longer than the packet', packet(0x10, field('MQTT'), [4, 2, 0, 60], [0xff, 0xff], 'x'), 'packet-malformed'),
  first('CONNECT with NUL in the Client ID', connect({ clientId: 'a\0b' }), 'string-malformed'),
  first('CONNECT with invalid UTF-8 in the Client ID', connect({ clientId: INVALID_UTF8 }), 'string-malformed'),
  first('CONNECT with invalid UTF-8 in the username', connect({ flags: 0x82, rest: [field(INVALID_UTF8)] }), 'string-malformed'),
  first('CONNECT with a wildcard in the will topic', connect({ flags: 0x06, rest: [field('demo/#'), field('')] }), 'topic-malformed'),
  first('CONNECT with an empty will topic', connect({ flags: 0x06, rest: [field(''), field('')] }), 'topic-malformed'),
  first('CONNECT with a remaining length of five bytes', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01]), 'remaining-length-malformed'),
  first('CONNECT that announces 256 MB', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), 'packet-too-large'),
  first('PINGREQ first', PINGREQ, 'first-packet-not-connect'),
  first('PUBLISH first', publish('demo/a', 'x'), 'first-packet-not-connect'),
  first('reserved type 0 first', Buffer.from([0x00, 0x00]), 'first-packet-not-connect'),

  // PUBLISH
  later('PUBLISH QoS 0', publish('demo/a', 'x')),
  later('PUBLISH QoS 1', publish('demo/a', 'x', 1)),
  later('PUBLISH QoS 2 with DUP and RETAIN', publish('demo/a', 'x', 2, 7, 0x09)),
  later('PUBLISH without payload', publish('demo/a', '')),
  later('PUBLISH with U+FEFF and CJK in the topic', publish('demo/\ufeff温度', 'x')),
  later('PUBLISH with a binary payload', publish('demo/a', Buffer.from([0, 255, 0xc3, 0x28]))),
  later('PUBLISH to 100 levels', publish(levels(100), 'x')),
  later('PUBLISH to 101 levels', publish(levels(101), 'x'), 'topic-levels-exceeded'),
  later('PUBLISH QoS 3', packet(0x36, field('demo/a'), [0, 1]), 'qos-malformed'),
  later('PUBLISH QoS 0 with DUP', publish('demo/a', 'x', 0, 0, 0x08), 'dup-with-qos-0'),
  later('PUBLISH with packet identifier 0', publish('demo/a', 'x', 1, 0), 'packet-id-zero'),
  later('PUBLISH without its packet identifier', packet(0x32, field('demo/a')), 'packet-malformed'),
  later('PUBLISH without a topic', packet(0x30), 'packet-malformed'),
  later('PUBLISH with an empty topic', publish('', 'x'), 'topic-malformed'),
  later('PUBLISH with +', publish('demo/+', 'x'), 'topic-malformed'),
  later('PUBLISH with #', publish('demo/#', 'x'), 'topic-malformed'),
  later('PUBLISH with NUL in the topic', publish('demo/a\0', 'x'), 'string-malformed'),
  later('PUBLISH with invalid UTF-8 in the topic', publish(INVALID_UTF8, 'x'), 'string-malformed'),
  later('PUBLISH with a surrogate in the topic', publish(SURROGATE, 'x'), 'string-malformed'),
  later('PUBLISH with an overlong character in the topic', publish(OVERLONG, 'x'), 'string-malformed'),
  later('PUBLISH with a topic longer than the packet', packet(0x30, [0x00, 0x10], 'demo'), 'packet-malformed'),
  later('PUBLISH of 64 KiB', publish('demo/a', Buffer.alloc(65_536))),
  later('PUBLISH of 64 KiB and a byte', publish('demo/a', Buffer.alloc(65_537)), 'payload-too-large'),
  later('PUBLISH that announces 256 MB', Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01, 0x61]), 'packet-too-large'),
  later('PUBLISH with a remaining length of five bytes', Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]), 'remaining-length-malformed'),

  // acknowledgements
  later('PUBACK', Buffer.from([0x40, 0x02, 0x00, 0x01])),
  later('PUBREL', Buffer.from([0x62, 0x02, 0x00, 0x01])),
  later('PUBREL with DUP in MQTT 3.1', Buffer.from([0x6a, 0x02, 0x00, 0x01]), null, 3),
  later('PUBREL with DUP in MQTT 3.1.1', Buffer.from([0x6a, 0x02, 0x00, 0x01]), 'header-flags-malformed'),
  later('PUBREL without its flags', Buffer.from([0x60, 0x02, 0x00, 0x01]), 'header-flags-malformed'),
  later('PUBACK with flags', Buffer.from([0x42, 0x02, 0x00, 0x01]), 'header-flags-malformed'),
  later('PUBACK with packet identifier 0', Buffer.from([0x40, 0x02, 0x00, 0x00]), 'packet-id-zero'),
  later('PUBREC of one byte', Buffer.from([0x50, 0x01, 0x00]), 'packet-malformed'),
  later('PUBCOMP of three bytes', Buffer.from([0x70, 0x03, 0x00, 0x01, 0x00]), 'packet-malformed'),

  // SUBSCRIBE and UNSUBSCRIBE
  later('SUBSCRIBE', subscribe([['demo/#', 2], ['demo/+/a', 0]])),
  later('SUBSCRIBE with DUP in MQTT 3.1', Buffer.concat([Buffer.from([0x8a]), subscribe([['demo/#', 1]]).subarray(1)]), null, 3),
  later('SUBSCRIBE without its flags', Buffer.concat([Buffer.from([0x80]), subscribe([['demo/#', 1]]).subarray(1)]), 'header-flags-malformed'),
  later('SUBSCRIBE without a filter', packet(0x82, [0, 1]), 'filters-missing'),
  later('SUBSCRIBE with packet identifier 0', subscribe([['demo/#', 1]], 0), 'packet-id-zero'),
  later('SUBSCRIBE with QoS 3', subscribe([['demo/#', 3]]), 'qos-malformed'),
  later('SUBSCRIBE with reserved QoS bits', subscribe([['demo/#', 0x81]]), 'qos-malformed'),
  later('SUBSCRIBE without the QoS byte', packet(0x82, [0, 1], field('demo/#')), 'packet-malformed'),
  later('SUBSCRIBE with an empty filter', subscribe([['', 1]]), 'filter-malformed'),
  later('SUBSCRIBE to a#', subscribe([['a#', 1]]), 'filter-malformed'),
  later('SUBSCRIBE to demo/#/a', subscribe([['demo/#/a', 1]]), 'filter-malformed'),
  later('SUBSCRIBE to demo/a+', subscribe([['demo/a+', 1]]), 'filter-malformed'),
  later('SUBSCRIBE whose second filter is bad', subscribe([['demo/a', 1], ['demo/##', 1]]), 'filter-malformed'),
  later('SUBSCRIBE with NUL in the filter', subscribe([['demo/\0', 1]]), 'string-malformed'),
  later('SUBSCRIBE with invalid UTF-8', subscribe([[INVALID_UTF8, 1]]), 'string-malformed'),
  later('SUBSCRIBE to 101 levels', subscribe([[levels(101), 1]]), 'topic-levels-exceeded'),
  later('UNSUBSCRIBE', packet(0xa2, [0, 1], field('demo/#'))),
  later('UNSUBSCRIBE without a filter', packet(0xa2, [0, 1]), 'filters-missing'),
  later('UNSUBSCRIBE with packet identifier 0', packet(0xa2, [0, 0], field('demo/#')), 'packet-id-zero'),
  later('UNSUBSCRIBE without its flags', packet(0xa0, [0, 1], field('demo/#')), 'header-flags-malformed'),
  later('UNSUBSCRIBE without its packet identifier', packet(0xa2, [0]), 'packet-malformed'),

  // the rest
  later('PINGREQ', PINGREQ),
  later('PINGREQ with flags', Buffer.from([0xc1, 0x00]), 'header-flags-malformed'),
  later('PINGREQ with a body', Buffer.from([0xc0, 0x01, 0x00]), 'packet-malformed'),
  later('DISCONNECT', DISCONNECT),
  later('DISCONNECT with flags', Buffer.from([0xe8, 0x00]), 'header-flags-malformed'),
  later('a second CONNECT', connect(), 'second-connect'),
  later('CONNACK from a client', Buffer.from([0x20, 0x02, 0x00, 0x00]), 'packet-type-unexpected'),
  later('SUBACK from a client', Buffer.from([0x90, 0x03, 0x00, 0x01, 0x00]), 'packet-type-unexpected'),
  later('UNSUBACK from a client', Buffer.from([0xb0, 0x02, 0x00, 0x01]), 'packet-type-unexpected'),
  later('PINGRESP from a client', Buffer.from([0xd0, 0x00]), 'packet-type-unexpected'),
  later('reserved type 0', Buffer.from([0x00, 0x00]), 'packet-type-unexpected'),
  later('AUTH of MQTT 5', Buffer.from([0xf0, 0x00]), 'packet-type-unexpected'),
];
