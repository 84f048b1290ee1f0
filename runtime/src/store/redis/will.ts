import type { QoS, WillRecord } from '../contract';

/** u16 length, the properties as JSON, the payload. The scripts put the epoch of the connection in front of it. */
export function encodeWill(will: WillRecord | null | undefined): Buffer {
  if (will === null || will === undefined) return Buffer.alloc(0);
  const { log, topic, qos, retain, p2pClientId, standing } = will;
  const properties = Buffer.from(JSON.stringify([log, topic, qos, retain, p2pClientId, ...standing === undefined ? [] : [standing]]));
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(properties.length);
  return Buffer.concat([length, properties, will.payload]);
}

export function decodeWill(record: Buffer): WillRecord | null {
  if (record.length === 0) return null;
  const end = 2 + record.readUInt16BE(0);
  const [log, topic, qos, retain, p2pClientId, standing] = JSON.parse(record.toString('utf8', 2, end)) as [string, string, QoS, boolean, string | null, string?];
  return { log, topic, qos, retain, p2pClientId, payload: record.subarray(end), ...standing === undefined ? {} : { standing } };
}
