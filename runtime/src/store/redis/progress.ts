import type { InflightRecord, MessageId, QoS, SessionProgress } from '../contract';

const RELEASED = 1;
const APART = 2;

/**
 * Progress as text, short: Redis packs a session into one block while no value is longer than 64 bytes, and most sessions
 * have nothing acknowledged out of order and nothing in flight.
 */
export function encodeAcknowledged(ids: readonly MessageId[]): string {
  return ids.map((id) => id.toString(36)).join(',');
}

export function encodeInflight(records: readonly InflightRecord[]): string {
  return records.map(({ packetId, id, qos, released, apart, log }) => {
    const flags = (released ? RELEASED : 0) | (apart ? APART : 0);
    return `${packetId}:${id.toString(36)}:${qos}:${flags}:${log}`;
  }).join(',');
}

export function decodeProgress(cursor: string, acknowledged: string, inflight: string): SessionProgress {
  return {
    cursor: Number(cursor),
    acknowledged: list(acknowledged).map((id) => Number.parseInt(id, 36)),
    inflight: list(inflight).map((text) => {
      const [packetId, id, qos, flagsText, log] = text.split(':');
      const flags = Number(flagsText);
      return {
        packetId: Number(packetId), id: Number.parseInt(id!, 36), log: log!, qos: Number(qos) as QoS,
        released: (flags & RELEASED) !== 0, ...((flags & APART) === 0 ? {} : { apart: true }),
      };
    }),
  };
}

function list(text: string): string[] {
  return text === '' ? [] : text.split(',');
}
