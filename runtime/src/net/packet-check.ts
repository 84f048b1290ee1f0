import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '../errors';
import { LIMITS } from '../limits';
import { isValidFilter } from '../topics/match';
import { PacketType } from './frame-header';

/** What the CONNECT said that others need before or beside the protocol engine. */
export interface ConnectInfo {
  readonly protocolVersion: 3 | 4;
  /** As sent: may be empty. */
  readonly clientId: string;
  readonly cleanSession: boolean;
  readonly keepAliveSeconds: number;
  readonly hasWill: boolean;
}

const NUL = 1;
const NOT_ASCII = 2;
const WILDCARD = 4;
const LEVEL = 8;

/** One pass over the bytes of a string: flags, and `LEVEL` added once for each `/`. */
function scan(buffer: Buffer, start: number, end: number): number {
  let flags = 0;
  let slashes = 0;
  for (let i = start; i < end; i++) {
    const byte = buffer[i]!;
    if (byte >= 0x80) flags |= NOT_ASCII;
    else if (byte === 0x2f) slashes++;
    else if (byte === 0) flags |= NUL;
    else if (byte === 0x2b || byte === 0x23) flags |= WILDCARD;
  }
  return flags + slashes * LEVEL;
}

/** [MQTT-1.5.3-1] well-formed UTF-8 (which excludes surrogates), [MQTT-1.5.3-2] no U+0000. */
function isBadString(flags: number, buffer: Buffer, start: number, end: number): boolean {
  return (flags & NUL) !== 0 || ((flags & NOT_ASCII) !== 0 && !isUtf8(buffer.subarray(start, end)));
}

/** End of the length-prefixed field at `start`, or -1 when it does not fit before `end`. */
function fieldEnd(buffer: Buffer, start: number, end: number): number {
  if (start + 2 > end) return -1;
  const stop = start + 2 + buffer.readUInt16BE(start);
  return stop <= end ? stop : -1;
}

function checkString(buffer: Buffer, start: number, end: number): ErrorCode | null {
  return isBadString(scan(buffer, start, end), buffer, start, end) ? 'string-malformed' : null;
}

function checkTopic(buffer: Buffer, start: number, end: number): ErrorCode | null {
  const flags = scan(buffer, start, end);
  if (isBadString(flags, buffer, start, end)) return 'string-malformed';
  if (start === end || (flags & WILDCARD) !== 0) return 'topic-malformed'; // [MQTT-4.7.3-1] [MQTT-3.3.2-2]
  return Math.floor(flags / LEVEL) >= LIMITS.topicLevels ? 'topic-levels-exceeded' : null;
}

function checkFilter(buffer: Buffer, start: number, end: number): ErrorCode | null {
  const flags = scan(buffer, start, end);
  if (isBadString(flags, buffer, start, end)) return 'string-malformed';
  if (start === end) return 'filter-malformed'; // [MQTT-4.7.3-1]
  // [MQTT-4.7.1-2] [MQTT-4.7.1-3]; aedes' own check lets "a#" and "a+" pass
  if ((flags & WILDCARD) !== 0 && !isValidFilter(buffer.toString('utf8', start, end))) return 'filter-malformed';
  return Math.floor(flags / LEVEL) >= LIMITS.topicLevels ? 'topic-levels-exceeded' : null;
}

/** Everything that the protocol engine would let through or answer in another way than the specification says. */
export function checkConnect(buffer: Buffer, start: number, bodyStart: number, end: number): ConnectInfo | ErrorCode {
  if ((buffer[start]! & 0x0f) !== 0) return 'header-flags-malformed'; // [MQTT-2.2.2-2]
  let at = fieldEnd(buffer, bodyStart, end);
  if (at < 0) return 'packet-malformed';
  const name = buffer.toString('latin1', bodyStart + 2, at);
  if (name !== 'MQTT' && name !== 'MQIsdp') return 'protocol-name-unknown'; // [MQTT-3.1.2-1]
  if (at >= end) return 'packet-malformed';
  const level = buffer[at++]!;
  if (level !== (name === 'MQTT' ? 4 : 3)) return 'protocol-level-unsupported'; // [MQTT-3.1.2-2]
  if (at + 3 > end) return 'packet-malformed';
  const flags = buffer[at]!;
  const keepAliveSeconds = buffer.readUInt16BE(at + 1);
  at += 3;
  const will = (flags & 0x04) !== 0;
  const willQos = (flags >> 3) & 3;
  const hasUsername = (flags & 0x80) !== 0;
  const hasPassword = (flags & 0x40) !== 0;
  if ((flags & 0x01) !== 0) return 'connect-flags-malformed'; // [MQTT-3.1.2-3]
  if (willQos === 3) return 'qos-malformed'; // [MQTT-3.1.2-14]
  if (!will && (flags & 0x38) !== 0) return 'connect-flags-malformed'; // [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15]
  if (!hasUsername && hasPassword) return 'connect-flags-malformed'; // [MQTT-3.1.2-22]

  let next = fieldEnd(buffer, at, end);
  if (next < 0) return 'packet-malformed';
  const bad = checkString(buffer, at + 2, next); // [MQTT-3.1.3-4]
  if (bad !== null) return bad;
  const clientId = buffer.toString('utf8', at + 2, next);
  at = next;
  if (will) {
    next = fieldEnd(buffer, at, end);
    if (next < 0) return 'packet-malformed';
    const badTopic = checkTopic(buffer, at + 2, next); // [MQTT-3.1.3-10]
    if (badTopic !== null) return badTopic;
    at = fieldEnd(buffer, next, end);
    if (at < 0) return 'packet-malformed';
  }
  if (hasUsername) {
    next = fieldEnd(buffer, at, end);
    if (next < 0) return 'packet-malformed';
    const badName = checkString(buffer, at + 2, next); // [MQTT-3.1.3-11]
    if (badName !== null) return badName;
    at = next;
  }
  if (hasPassword) {
    at = fieldEnd(buffer, at, end);
    if (at < 0) return 'packet-malformed';
  }
  if (at !== end) return 'packet-malformed';
  return { protocolVersion: level === 4 ? 4 : 3, clientId, cleanSession: (flags & 0x02) !== 0, keepAliveSeconds, hasWill: will };
}

/** A packet after CONNECT; null: it is valid. */
export function checkPacket(
  buffer: Buffer, start: number, bodyStart: number, end: number, protocolVersion: 3 | 4, payloadBytes: number,
): ErrorCode | null {
  const type = buffer[start]! >> 4;
  const flags = buffer[start]! & 0x0f;
  switch (type) {
    case PacketType.PUBLISH:
      return checkPublish(buffer, flags, bodyStart, end, payloadBytes);
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBCOMP:
      if (flags !== 0) return 'header-flags-malformed';
      return checkAck(buffer, bodyStart, end);
    case PacketType.PUBREL:
    case PacketType.SUBSCRIBE:
    case PacketType.UNSUBSCRIBE:
      // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]; MQTT 3.1 sets DUP on a repetition, which the engine does not know
      if (protocolVersion === 3 && flags === 0x0a) buffer[start] = (type << 4) | 0x02;
      else if (flags !== 0x02) return 'header-flags-malformed';
      return type === PacketType.PUBREL ? checkAck(buffer, bodyStart, end) : checkFilters(buffer, type, bodyStart, end);
    case PacketType.PINGREQ:
    case PacketType.DISCONNECT:
      if (flags !== 0) return 'header-flags-malformed'; // [MQTT-3.14.1-1]
      return bodyStart === end ? null : 'packet-malformed';
    case PacketType.CONNECT:
      return 'second-connect'; // [MQTT-3.1.0-2]
    default:
      return 'packet-type-unexpected';
  }
}

function checkPublish(buffer: Buffer, flags: number, bodyStart: number, end: number, payloadBytes: number): ErrorCode | null {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return 'qos-malformed'; // [MQTT-3.3.1-4]
  if (qos === 0 && (flags & 0x08) !== 0) return 'dup-with-qos-0'; // [MQTT-3.3.1-2]
  let at = fieldEnd(buffer, bodyStart, end);
  if (at < 0) return 'packet-malformed';
  const bad = checkTopic(buffer, bodyStart + 2, at);
  if (bad !== null) return bad;
  if (qos > 0) {
    if (at + 2 > end) return 'packet-malformed';
    if (buffer.readUInt16BE(at) === 0) return 'packet-id-zero'; // [MQTT-2.3.1-1]
    at += 2;
  }
  return end - at > payloadBytes ? 'payload-too-large' : null; // L4
}

function checkAck(buffer: Buffer, bodyStart: number, end: number): ErrorCode | null {
  if (end - bodyStart !== 2) return 'packet-malformed';
  return buffer.readUInt16BE(bodyStart) === 0 ? 'packet-id-zero' : null;
}

function checkFilters(buffer: Buffer, type: number, bodyStart: number, end: number): ErrorCode | null {
  if (end - bodyStart < 2) return 'packet-malformed';
  if (buffer.readUInt16BE(bodyStart) === 0) return 'packet-id-zero'; // [MQTT-2.3.1-1]
  let at = bodyStart + 2;
  if (at === end) return 'filters-missing'; // [MQTT-3.8.3-3] [MQTT-3.10.3-2]
  while (at < end) {
    const next = fieldEnd(buffer, at, end);
    if (next < 0) return 'packet-malformed';
    const bad = checkFilter(buffer, at + 2, next); // [MQTT-3.8.3-1] [MQTT-3.10.3-1]
    if (bad !== null) return bad;
    at = next;
    if (type !== PacketType.SUBSCRIBE) continue;
    if (at >= end) return 'packet-malformed';
    if (buffer[at++]! > 2) return 'qos-malformed'; // [MQTT-3-8.3-4]
  }
  return null;
}
