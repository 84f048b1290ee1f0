import type { AppendRequest, AppendResult, MessageId, QoS } from '../contract';
import { filterBucket } from './filter-bucket';

/** Wildcards and shares of a message as packed ids. */
export type MatchWildcards = (log: string, topic: string, qos: QoS) => Buffer;

const FIXED_BYTES = 2 + 8 + 2 + 2 + 1 + 2 + 2 + 2 + 2 + 4;

/** The batch as one argument of `append.lua`, whose header describes it. */
export function encodeBatch(requests: readonly AppendRequest[], match: MatchWildcards): Buffer {
  const wildcards = requests.map((r) => (r.p2pClientId !== null ? EMPTY : match(r.log, r.topic, r.qos)));
  let size = 0;
  for (const [i, r] of requests.entries()) {
    // Three bytes hold any UTF-16 code unit.
    size += FIXED_BYTES + 3 * (r.log.length + r.topic.length + r.clientId.length + (r.p2pClientId?.length ?? 0)) + wildcards[i]!.length + r.payload.length;
    if (r.willOf) size += 8 + 2 + 3 * r.willOf.clientId.length;
    if (r.inboxEntry) size += 1 + r.inboxEntry.length;
  }
  const frame = Buffer.allocUnsafe(size);
  let at = 0;
  const text = (value: string, lengthBytes: 1 | 2) => {
    const length = frame.write(value, at + lengthBytes, 'utf8');
    frame.writeUIntBE(length, at, lengthBytes);
    at += lengthBytes + length;
  };
  for (const [i, r] of requests.entries()) {
    at = frame.writeUInt16BE(flagsOf(r), at);
    at = frame.writeDoubleBE(r.epoch ?? 0, at);
    at = frame.writeUInt16BE(r.qos2PacketId ?? 0, at);
    at = frame.writeUInt16BE(filterBucket(r.topic), at);
    text(r.log, 1);
    text(r.topic, 2);
    text(r.clientId, 2);
    text(r.p2pClientId ?? '', 2);
    at = frame.writeUInt16BE(wildcards[i]!.length, at);
    at += wildcards[i]!.copy(frame, at);
    at = frame.writeUInt32BE(r.payload.length, at);
    at += r.payload.copy(frame, at);
    if (r.willOf) {
      at = frame.writeDoubleBE(r.willOf.epoch, at);
      text(r.willOf.clientId, 2);
    }
    if (r.inboxEntry) text(r.inboxEntry, 1);
  }
  return frame.subarray(0, at);
}

const EMPTY = Buffer.alloc(0);

function flagsOf(r: AppendRequest): number {
  return r.qos | (r.cleanSession ? 4 : 0) | (r.retain ? 8 : 0) | (r.epoch !== null ? 16 : 0)
    | (r.qos2PacketId !== null ? 32 : 0) | (r.qos2Fresh === true ? 64 : 0) | (r.p2pClientId !== null ? 128 : 0)
    | (r.willOf ? 256 : 0) | (r.inboxEntry ? 512 : 0);
}

const STATUSES_AT = 16;

/** The reply of `append.lua`: one result a request, and the highest id given out before it. */
export function decodeReply(reply: Buffer, requests: readonly AppendRequest[]): { before: MessageId; last: MessageId; results: AppendResult[] } {
  const first = reply.readDoubleBE(0);
  const count = requests.length;
  let at = STATUSES_AT + count;
  const duplicates: number[] = [];
  for (let i = 0; i < count; i++) {
    if (reply[STATUSES_AT + i] !== 1) continue;
    duplicates.push(reply.readDoubleBE(at));
    at += 8;
  }
  const error = reply.toString('utf8', at);
  let nextDuplicate = 0;
  const results = requests.map((request, i): AppendResult => {
    switch (reply[STATUSES_AT + i]) {
      case 0: return { ok: true, id: first + i, duplicate: false };
      case 1: return { ok: true, id: duplicates[nextDuplicate++]!, duplicate: true };
      case 2: return { ok: false, reason: 'fenced', message: fencedText(request) };
      case 3: return { ok: false, reason: 'full', message: 'the store is full: got more than its memory, or the bound of this storage, allows; raise it, or lower the stored messages' };
      case 5: return { ok: false, reason: 'rejected', message: `the entry ${request.inboxEntry} is no longer in the inbox of ${request.log}` };
      default: return { ok: false, reason: 'rejected', message: `the log ${request.log} cannot be written: ${error}` };
    }
  });
  return { before: reply.readDoubleBE(8), last: first + count - 1, results };
}

function fencedText({ willOf, clientId, epoch }: AppendRequest): string {
  if (willOf) return `the session of ${willOf.clientId} has no will of epoch ${willOf.epoch} any more`;
  return `the session of ${clientId} is no longer at epoch ${epoch}`;
}
