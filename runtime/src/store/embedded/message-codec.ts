import type { MessageId, MessageProperties, QoS, StoredMessage } from '../contract';

/** flags (1), number of the log (4), lengths of topic and client id (2 + 2); then topic, client id, payload. */
const HEADER = 9;
const CLEAN = 4;

let scratch = Buffer.allocUnsafeSlow(128 * 1024);

/** Longest topic or client id, as MQTT. */
export const LONGEST_TEXT_BYTES = 65_535;

/** The record of a message; valid until the next call. lmdb copies it at once inside a transaction. */
export function encodeMessage(log: number, message: MessageProperties & { readonly payload: Buffer }): Buffer {
  const { topic, clientId, payload } = message;
  const bound = HEADER + 3 * (topic.length + clientId.length) + payload.length;
  if (bound > scratch.length) scratch = Buffer.allocUnsafeSlow(bound * 2);
  const topicBytes = scratch.write(topic, HEADER);
  const clientBytes = clientId === '' ? 0 : scratch.write(clientId, HEADER + topicBytes);
  scratch[0] = message.qos | (message.cleanSession ? CLEAN : 0);
  scratch.writeUInt32BE(log, 1);
  scratch.writeUInt16BE(topicBytes, 5);
  scratch.writeUInt16BE(clientBytes, 7);
  const at = HEADER + topicBytes + clientBytes;
  scratch.set(payload, at);
  return scratch.subarray(0, at + payload.length);
}

export function logNumberOf(record: Buffer): number {
  return record.readUInt32BE(1);
}

export function payloadBytesOf(record: Buffer): number {
  return record.length - HEADER - record.readUInt16BE(5) - record.readUInt16BE(7);
}

/** The payload is a view on the record. */
export function decodeMessage(id: MessageId, log: string, record: Buffer): StoredMessage {
  const flags = record[0]!;
  const topicEnd = HEADER + record.readUInt16BE(5);
  const clientEnd = topicEnd + record.readUInt16BE(7);
  return {
    id, log,
    topic: record.toString('utf8', HEADER, topicEnd),
    qos: (flags & 3) as QoS,
    cleanSession: (flags & CLEAN) !== 0,
    clientId: topicEnd === clientEnd ? '' : record.toString('utf8', topicEnd, clientEnd),
    payload: record.subarray(clientEnd),
  };
}
