import type { AppendRequest, AppendResult, MessageId } from '../contract';
import { writeOrdered } from './bytes';
import { decodeBatch, encodeBatch } from './batch-codec';
import { Clock } from './clock';
import type { Filters } from './filters';
import { KIND, indexKey, textKey } from './keys';
import type { LogCounts, Logs } from './logs';
import { LONGEST_TEXT_BYTES, encodeMessage } from './message-codec';
import type { Retained } from './retained';
import type { SessionHead } from './session-codec';
import type { Sessions } from './sessions';
import type { Table } from './table';

export interface AppendTables {
  readonly log: Table;
  readonly index: Table;
  readonly state: Table;
}

const idKey = Buffer.allocUnsafeSlow(8);

/** The step behind every PUBACK: one batch of one gateway. */
export class Appender {
  constructor(
    private readonly tables: AppendTables, private readonly logs: Logs, private readonly filters: Filters,
    private readonly sessions: Sessions, private readonly retained: Retained) {}

  run(gatewayId: string, batch: number, requests: readonly AppendRequest[]): AppendResult[] {
    const batchKey = textKey(KIND.batch, gatewayId);
    const before = this.tables.state.get(batchKey);
    const last = before && decodeBatch(before);
    if (last !== undefined && last.batch === batch) return last.results;
    if (last !== undefined && last.batch > batch) throw new Error(`batch ${batch} of gateway ${gatewayId} comes after batch ${last.batch}: nothing was stored`);
    const results = new BatchStep(this.tables, this.logs, this.filters, this.sessions, this.retained).run(requests);
    this.tables.state.put(batchKey, encodeBatch(batch, results));
    return results;
  }
}

/** The ids of one batch that go to one index: one entry there, whatever their number. */
interface Chunk {
  readonly first: MessageId;
  readonly ids: MessageId[];
}

class BatchStep {
  private readonly clock: Clock;
  private readonly heads = new Map<string, SessionHead | undefined>();
  private readonly counts = new Map<string, { number: number; counts: LogCounts }>();
  private readonly chunks = new Map<number, Chunk>();
  private nextId: MessageId;

  constructor(
    private readonly tables: AppendTables, private readonly logs: Logs, private readonly filters: Filters,
    private readonly sessions: Sessions, private readonly retained: Retained) {
    this.clock = Clock.read(tables.state);
    this.nextId = Math.max(Date.now() * 1000, this.clock.lastId + 1);
  }

  run(requests: readonly AppendRequest[]): AppendResult[] {
    const results = requests.map((request) => this.one(request));
    for (const [name, { number, counts }] of this.counts) this.logs.saveCounts(number, name, counts);
    for (const [index, chunk] of this.chunks) this.tables.index.put(indexKey(index, chunk.first), encodeChunk(chunk));
    this.clock.save();
    return results;
  }

  private one(request: AppendRequest): AppendResult {
    const { clientId, epoch, qos2PacketId } = request;
    if (epoch !== null && this.head(clientId)?.epoch !== epoch) return { ok: false, reason: 'fenced', message: `the session of ${clientId} is no longer held under epoch ${epoch}` };
    for (const [what, text] of [['topic', request.topic], ['log name', request.log], ['client id', clientId]] as const) {
      if (text.length > LONGEST_TEXT_BYTES / 3 && Buffer.byteLength(text) > LONGEST_TEXT_BYTES) return { ok: false, reason: 'rejected', message: `${what} of ${Buffer.byteLength(text)} bytes: at most ${LONGEST_TEXT_BYTES}` };
    }
    if (qos2PacketId !== null && request.qos2Fresh !== true) {
      const stored = this.sessions.packet(clientId, qos2PacketId);
      if (stored !== undefined) return { ok: true, id: stored, duplicate: true };
    }
    const id = this.store(request);
    if (qos2PacketId !== null) this.sessions.putPacket(clientId, qos2PacketId, id);
    return { ok: true, id, duplicate: false };
  }

  private store(request: AppendRequest): MessageId {
    const id = this.nextId++;
    const log = this.countsOf(request.log);
    writeOrdered(id, idKey, 0);
    this.tables.log.put(idKey, encodeMessage(log.number, request));
    log.counts.messages++;
    log.counts.payloadBytes += request.payload.length;
    this.clock.messages++;
    this.clock.payloadBytes += request.payload.length;
    this.clock.lastId = id;
    if (request.p2pClientId !== null) {
      const target = request.qos > 0 ? this.head(request.p2pClientId) : undefined;
      if (target !== undefined && target.p2pIndex > 0) this.list(target.p2pIndex, id);
    } else {
      if (request.qos > 0) this.filters.match(this.clock, request.topic, (index) => this.list(index, id));
      if (request.retain) this.retained.put(id, request.log, request);
    }
    return id;
  }

  private list(index: number, id: MessageId): void {
    const chunk = this.chunks.get(index);
    if (chunk === undefined) this.chunks.set(index, { first: id, ids: [id] });
    else chunk.ids.push(id);
  }

  private head(clientId: string): SessionHead | undefined {
    if (this.heads.has(clientId)) return this.heads.get(clientId);
    const head = this.sessions.head(clientId);
    this.heads.set(clientId, head);
    return head;
  }

  private countsOf(name: string): { number: number; counts: LogCounts } {
    let entry = this.counts.get(name);
    if (entry === undefined) {
      const number = this.logs.numberOrNew(this.clock, name);
      this.counts.set(name, (entry = { number, counts: this.logs.counts(number) }));
    }
    return entry;
  }
}

/** Distances from the first id, which is in the key: the ids of one batch are neighbours. */
function encodeChunk({ first, ids }: Chunk): Buffer {
  const value = Buffer.allocUnsafe(4 * ids.length);
  for (let i = 0; i < ids.length; i++) value.writeUInt32BE(ids[i]! - first, 4 * i);
  return value;
}
