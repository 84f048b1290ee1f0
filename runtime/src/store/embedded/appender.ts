import type { AppendRequest, AppendResult, MessageId, StoredMessage } from '../contract';
import { writeOrdered } from './bytes';
import { batchNumberOf, encodeBatch, resultsOf } from './batch-codec';
import { Clock } from './clock';
import type { Filters } from './filters';
import type { IndexChunks } from './index-chunks';
import { KIND, textKey } from './keys';
import type { LogCounts, Logs } from './logs';
import { LONGEST_TEXT_BYTES, encodeMessage } from './message-codec';
import type { RecentBatch } from '../shared/recent';
import type { Retained } from './retained';
import type { SessionHead } from './session-codec';
import type { Sessions } from './sessions';
import type { Shares } from './shares';
import type { Table } from './table';

export interface AppendTables {
  readonly log: Table;
  readonly index: Table;
  readonly state: Table;
}

/** What a batch reads and changes. */
export interface AppendParts {
  readonly environment: AppendTables;
  readonly logs: Logs;
  readonly filters: Filters;
  readonly shares: Shares;
  readonly sessions: Sessions;
  readonly retained: Retained;
  readonly chunks: IndexChunks;
}

const idKey = Buffer.allocUnsafeSlow(8);

export interface Appended {
  readonly results: readonly AppendResult[];
  readonly stored: RecentBatch | null;
}

/** The step behind every PUBACK: one batch of one gateway. */
export class Appender {
  constructor(private readonly parts: AppendParts) {}

  /** `keep`: hands back what was stored, for the tails of this process. */
  run(gatewayId: string, batch: number, requests: readonly AppendRequest[], keep: boolean): Appended {
    const batchKey = textKey(KIND.batch, gatewayId);
    const { state } = this.parts.environment;
    const before = state.get(batchKey);
    const last = before && batchNumberOf(before);
    if (last === batch) return { results: resultsOf(before!), stored: null };
    if (last !== undefined && last > batch) throw new Error(`batch ${batch} of gateway ${gatewayId} comes after batch ${last}: nothing was stored`);
    const appended = new BatchStep(this.parts, keep).run(requests);
    state.put(batchKey, encodeBatch(batch, appended.results));
    return appended;
  }
}

class BatchStep {
  private readonly clock: Clock;
  private readonly heads = new Map<string, SessionHead | undefined>();
  private readonly counts = new Map<string, { number: number; counts: LogCounts }>();
  private readonly listed = new Map<number, MessageId[]>();
  private nextId: MessageId;

  private readonly before: MessageId;
  private readonly stored: StoredMessage[] = [];

  constructor(private readonly parts: AppendParts, private readonly keep: boolean) {
    this.clock = Clock.read(parts.environment.state);
    this.before = this.clock.lastId;
    this.nextId = Math.max(Date.now() * 1000, this.clock.lastId + 1);
  }

  run(requests: readonly AppendRequest[]): Appended {
    const results = requests.map((request) => this.one(request));
    for (const [name, { number, counts }] of this.counts) this.parts.logs.saveCounts(number, name, counts);
    for (const [index, ids] of this.listed) this.parts.chunks.put(index, ids);
    this.clock.save();
    return { results, stored: this.keep ? { before: this.before, last: this.clock.lastId, messages: this.stored } : null };
  }

  private one(request: AppendRequest): AppendResult {
    const { clientId, epoch, qos2PacketId } = request;
    if (epoch !== null && this.head(clientId)?.epoch !== epoch) return { ok: false, reason: 'fenced', message: `the session of ${clientId} is no longer held under epoch ${epoch}` };
    for (const [what, text] of [['topic', request.topic], ['log name', request.log], ['client id', clientId]] as const) {
      if (text.length > LONGEST_TEXT_BYTES / 3 && Buffer.byteLength(text) > LONGEST_TEXT_BYTES) return { ok: false, reason: 'rejected', message: `${what} of ${Buffer.byteLength(text)} bytes: at most ${LONGEST_TEXT_BYTES}` };
    }
    if (qos2PacketId !== null && request.qos2Fresh !== true) {
      const stored = this.parts.sessions.packet(clientId, qos2PacketId);
      if (stored !== undefined) return { ok: true, id: stored, duplicate: true };
    }
    if (request.inboxEntry != null) return { ok: false, reason: 'rejected', message: 'the embedded store has no inboxes' };
    if (request.willOf != null && !this.parts.sessions.takeWill(request.willOf)) return { ok: false, reason: 'fenced', message: `the will of ${request.willOf.clientId} was fired or given up` };
    const id = this.store(request);
    if (qos2PacketId !== null) this.parts.sessions.putPacket(clientId, qos2PacketId, id);
    return { ok: true, id, duplicate: false };
  }

  private store(request: AppendRequest): MessageId {
    const id = this.nextId++;
    const log = this.countsOf(request.log);
    writeOrdered(id, idKey, 0);
    this.parts.environment.log.append(idKey, encodeMessage(log.number, request));
    log.counts.messages++;
    log.counts.payloadBytes += request.payload.length;
    this.clock.messages++;
    this.clock.payloadBytes += request.payload.length;
    this.clock.lastId = id;
    if (this.keep) this.stored.push(storedMessage(id, request));
    if (request.p2pClientId !== null) {
      const target = request.qos > 0 ? this.head(request.p2pClientId) : undefined;
      if (target !== undefined && target.p2pIndex > 0) this.list(target.p2pIndex, id);
    } else {
      const list = (index: number): void => this.list(index, id);
      if (request.qos > 0) this.parts.filters.match(this.clock, request.topic, list);
      this.parts.shares.match(this.clock, request.topic, list);
      if (request.retain) this.parts.retained.put(id, request.log, request);
    }
    return id;
  }

  private list(index: number, id: MessageId): void {
    const ids = this.listed.get(index);
    if (ids === undefined) this.listed.set(index, [id]);
    else ids.push(id);
  }

  private head(clientId: string): SessionHead | undefined {
    if (this.heads.has(clientId)) return this.heads.get(clientId);
    const head = this.parts.sessions.head(clientId);
    this.heads.set(clientId, head);
    return head;
  }

  private countsOf(name: string): { number: number; counts: LogCounts } {
    let entry = this.counts.get(name);
    if (entry === undefined) {
      const number = this.parts.logs.numberOrNew(this.clock, name);
      this.counts.set(name, (entry = { number, counts: this.parts.logs.counts(number) }));
    }
    return entry;
  }
}

function storedMessage(id: MessageId, { log, topic, qos, cleanSession, clientId, payload }: AppendRequest): StoredMessage {
  return { id, log, topic, qos, cleanSession, clientId, payload };
}
