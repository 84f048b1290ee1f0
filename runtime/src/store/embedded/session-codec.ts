import type { InflightRecord, MessageId, OwedWill, QoS, SessionProgress, StoredSubscription, WillRecord } from '../contract';
import { ByteReader, ByteWriter } from './bytes';

const writer = new ByteWriter();

export interface SessionHead {
  readonly epoch: number;
  readonly persistent: boolean;
  /** Gateway that holds it; empty: nobody. */
  readonly owner: string;
  /** End of the last connection, milliseconds; 0 while it is held. */
  readonly closedAt: number;
  /** Index of its P2P messages; 0 for a clean session. */
  readonly p2pIndex: number;
}

export function encodeHead(head: SessionHead): Buffer {
  return writer.start().f64(head.epoch).u8(head.persistent ? 1 : 0).u32(head.p2pIndex).f64(head.closedAt).text(head.owner).end();
}

export function decodeHead(record: Buffer): SessionHead {
  const reader = new ByteReader(record);
  return { epoch: reader.f64(), persistent: reader.u8() === 1, p2pIndex: reader.u32(), closedAt: reader.f64(), owner: reader.text() };
}

/** Beside what the contract shows: the index of the filter, or the queue of the share; 0 if it has none. */
export interface SubscriptionRecord extends StoredSubscription {
  readonly index: number;
}

export function encodeSubscription(subscription: SubscriptionRecord): Buffer {
  const { filter, log, qos, since, index } = subscription;
  return writer.start().u8(qos).f64(since).u32(index).text(log).text(filter).end();
}

export function decodeSubscription(record: Buffer): SubscriptionRecord {
  const reader = new ByteReader(record);
  const qos = reader.u8() as QoS;
  const since = reader.f64();
  const index = reader.u32();
  const log = reader.text();
  return { filter: reader.text(), log, qos, since, index };
}

const RELEASED = 4;
const APART = 8;

export function encodeProgress(progress: SessionProgress): Buffer {
  writer.start().f64(progress.cursor).u32(progress.acknowledged.length);
  for (const id of progress.acknowledged) writer.f64(id);
  writer.u32(progress.inflight.length);
  for (const { packetId, id, log, qos, released, apart } of progress.inflight) {
    writer.u16(packetId).f64(id).u8(qos | (released ? RELEASED : 0) | (apart ? APART : 0)).text(log);
  }
  return writer.end();
}

export function decodeProgress(record: Buffer): SessionProgress {
  const reader = new ByteReader(record);
  const cursor = reader.f64();
  const acknowledged: MessageId[] = [];
  for (let left = reader.u32(); left > 0; left--) acknowledged.push(reader.f64());
  const inflight: InflightRecord[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const packetId = reader.u16();
    const id = reader.f64();
    const flags = reader.u8();
    inflight.push({
      packetId, id, log: reader.text(), qos: (flags & 3) as QoS, released: (flags & RELEASED) !== 0, ...((flags & APART) === 0 ? {} : { apart: true }),
    });
  }
  return { cursor, acknowledged, inflight };
}

const RETAINED = 4;
const DIRECT = 8;
const STANDING = 16;

export function encodeWill({ log, topic, payload, qos, retain, p2pClientId, standing }: WillRecord): Buffer {
  writer.start().u8(qos | (retain ? RETAINED : 0) | (p2pClientId === null ? 0 : DIRECT) | (standing === undefined ? 0 : STANDING)).text(log).text(topic).text(p2pClientId ?? '');
  if (standing !== undefined) writer.text(standing);
  return writer.bytes(payload).end();
}

export function decodeWill(record: Buffer): WillRecord {
  const reader = new ByteReader(record);
  const flags = reader.u8();
  const log = reader.text();
  const topic = reader.text();
  const target = reader.text();
  const standing = (flags & STANDING) === 0 ? {} : { standing: reader.text() };
  return {
    log, topic, payload: reader.rest(), qos: (flags & 3) as QoS, retain: (flags & RETAINED) !== 0, p2pClientId: (flags & DIRECT) === 0 ? null : target, ...standing,
  };
}

/** The client, then the will; the key has the epoch. */
export function encodeOwedWill(clientId: string, will: Buffer): Buffer {
  return writer.start().text(clientId).bytes(will).end();
}

export function decodeOwedWill(epoch: number, record: Buffer): OwedWill {
  const reader = new ByteReader(record);
  const clientId = reader.text();
  return { session: { clientId, epoch }, will: decodeWill(reader.rest()) };
}
