import type { QoS } from '../store/contract';

/** Bytes of an MQTT remaining length (MQTT 3.1.1, 2.2.3). */
function remainingLengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
}

export interface PublishFrame {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  /** Required with QoS > 0 [MQTT-2.3.1-1]. */
  readonly packetId?: number;
  readonly dup?: boolean;
  readonly retain?: boolean;
}

/** One PUBLISH packet as bytes (MQTT 3.1.1, 3.3). One buffer, so that a delivery is one chunk on the socket. */
export function encodePublish(frame: PublishFrame): Buffer {
  const topicBytes = Buffer.byteLength(frame.topic);
  const remaining = 2 + topicBytes + (frame.qos > 0 ? 2 : 0) + frame.payload.length;
  const buffer = Buffer.allocUnsafe(1 + remainingLengthBytes(remaining) + remaining);
  let offset = buffer.writeUInt8(0x30 | (frame.dup ? 0x08 : 0) | (frame.qos << 1) | (frame.retain ? 0x01 : 0), 0);
  let length = remaining;
  do {
    offset = buffer.writeUInt8((length % 128) | (length >= 128 ? 0x80 : 0), offset);
    length = Math.floor(length / 128);
  } while (length > 0);
  offset = buffer.writeUInt16BE(topicBytes, offset);
  offset += buffer.write(frame.topic, offset);
  if (frame.qos > 0) offset = buffer.writeUInt16BE(frame.packetId!, offset);
  frame.payload.copy(buffer, offset);
  return buffer;
}

/** PUBREL as bytes (MQTT 3.1.1, 3.6). */
export function encodePubrel(packetId: number): Buffer {
  return Buffer.from([0x62, 0x02, packetId >> 8, packetId & 0xff]);
}
