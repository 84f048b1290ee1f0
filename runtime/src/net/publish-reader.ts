/** A PUBLISH packet of QoS 0 or 1 as a client sent it; the names are those of the protocol engine. */
export interface IncomingPublish {
  readonly cmd: 'publish';
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly dup: boolean;
  readonly retain: boolean;
  /** 0 at QoS 0. */
  readonly messageId: number;
}

/** Reads a packet that `checkPacket` has found valid. The payload is a part of the buffer, not a copy. */
export function readPublish(buffer: Buffer, start: number, bodyStart: number, end: number): IncomingPublish {
  const flags = buffer[start]!;
  const qos = ((flags >> 1) & 1) as 0 | 1;
  let at = bodyStart + 2 + buffer.readUInt16BE(bodyStart);
  const topic = buffer.toString('utf8', bodyStart + 2, at);
  let messageId = 0;
  if (qos === 1) {
    messageId = buffer.readUInt16BE(at);
    at += 2;
  }
  return { cmd: 'publish', topic, payload: buffer.subarray(at, end), qos, dup: (flags & 0x08) !== 0, retain: (flags & 0x01) !== 0, messageId };
}

/** Its answer (MQTT 3.1.1, 3.4). */
export function pubackOf(packetId: number): Buffer {
  return Buffer.from([0x40, 0x02, packetId >> 8, packetId & 0xff]);
}
