import type { InflightRecord, MessageId, QoS, SessionProgress } from '../contract';

/**
 * Progress as text, short: Redis packs a session into one block while no value is longer than 64 bytes, and most sessions
 * have nothing acknowledged out of order and nothing in flight.
 */
export function encodeAcknowledged(ids: readonly MessageId[]): string {
  return ids.map((id) => id.toString(36)).join(',');
}

export function encodeInflight(records: readonly InflightRecord[]): string {
  return records.map((r) => `${r.packetId}:${r.id.toString(36)}:${r.qos}:${r.released ? 1 : 0}:${r.log}`).join(',');
}

export function decodeProgress(cursor: string, acknowledged: string, inflight: string): SessionProgress {
  return {
    cursor: Number(cursor),
    acknowledged: list(acknowledged).map((id) => Number.parseInt(id, 36)),
    inflight: list(inflight).map((text) => {
      const [packetId, id, qos, released, log] = text.split(':');
      return { packetId: Number(packetId), id: Number.parseInt(id!, 36), log: log!, qos: Number(qos) as QoS, released: released === '1' };
    }),
  };
}

function list(text: string): string[] {
  return text === '' ? [] : text.split(',');
}
