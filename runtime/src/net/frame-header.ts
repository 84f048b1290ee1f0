/** MQTT control packet types that a gateway meets [MQTT-2.2.1]. */
export const PacketType = {
  CONNECT: 1, CONNACK: 2, PUBLISH: 3, PUBACK: 4, PUBREC: 5, PUBREL: 6, PUBCOMP: 7, SUBSCRIBE: 8, SUBACK: 9, UNSUBSCRIBE: 10,
  UNSUBACK: 11, PINGREQ: 12, PINGRESP: 13, DISCONNECT: 14,
} as const;

export interface FrameHeader {
  readonly type: number;
  /** Low four bits of the first byte. */
  readonly flags: number;
  /** Bytes before the body: 2 to 5. */
  readonly headerLength: number;
  readonly remainingLength: number;
}

export const INCOMPLETE = -1;
export const MALFORMED = -2;

/**
 * Remaining length and its own size in one number, `remaining * 8 + size`, so that the hot path allocates nothing:
 * `INCOMPLETE` while bytes are missing, `MALFORMED` when a fourth byte announces a fifth [MQTT-2.2.3].
 */
export function readRemainingLength(buffer: Uint8Array, offset: number, end: number): number {
  let value = 0;
  let factor = 1;
  for (let size = 1; size <= 4; size++) {
    const position = offset + size - 1;
    if (position >= end) return INCOMPLETE;
    const byte = buffer[position]!;
    value += (byte & 0x7f) * factor;
    if ((byte & 0x80) === 0) return value * 8 + size;
    factor *= 0x80;
  }
  return MALFORMED;
}

/** The fixed header at `offset`: 'incomplete' while bytes are missing, 'malformed' for a remaining length of five bytes. */
export function parseFrameHeader(buffer: Uint8Array, offset = 0): FrameHeader | 'incomplete' | 'malformed' {
  const packed = readRemainingLength(buffer, offset + 1, buffer.length);
  if (packed === INCOMPLETE) return 'incomplete';
  if (packed === MALFORMED) return 'malformed';
  const first = buffer[offset]!;
  return { type: first >> 4, flags: first & 0x0f, headerLength: 1 + (packed & 7), remainingLength: Math.floor(packed / 8) };
}
