import type { AppendRequest, AppendResult, MessageId, StoredMessage } from '../contract';
import type { Retained } from './retained';
import type { Sessions } from './sessions';
import type { Shares } from './shares';
import type { MessageWindow } from './window';

/** Longest topic or client id, as MQTT. */
const LONGEST_TEXT_BYTES = 65_535;

/** Takes batches in: every message gets an id and goes to the window, whence the tails take it. */
export class Appender {
  lastId: MessageId = 0;
  private readonly batches = new Map<string, { batch: number; results: readonly AppendResult[] }>();

  constructor(
    private readonly window: MessageWindow, private readonly sessions: Sessions, private readonly shares: Shares, private readonly retained: Retained) {}

  run(gatewayId: string, batch: number, requests: readonly AppendRequest[]): readonly AppendResult[] {
    const last = this.batches.get(gatewayId);
    if (last?.batch === batch) return last.results;
    if (last !== undefined && last.batch > batch) throw new Error(`batch ${batch} of gateway ${gatewayId} comes after batch ${last.batch}: nothing was stored`);
    const results = requests.map((request) => this.one(request));
    this.batches.set(gatewayId, { batch, results });
    return results;
  }

  forgetGateway(gatewayId: string): void {
    this.batches.delete(gatewayId);
  }

  private one(request: AppendRequest): AppendResult {
    const { clientId, epoch, qos2PacketId, willOf } = request;
    if (epoch !== null && this.sessions.get(clientId)?.epoch !== epoch) return refused('fenced', `the session of ${clientId} is no longer held under epoch ${epoch}`);
    for (const text of [request.topic, request.log, clientId]) {
      if (text.length > LONGEST_TEXT_BYTES / 3 && Buffer.byteLength(text) > LONGEST_TEXT_BYTES) return refused('rejected', `a text of ${Buffer.byteLength(text)} bytes: at most ${LONGEST_TEXT_BYTES}`);
    }
    const packets = qos2PacketId === null ? undefined : this.sessions.get(clientId)?.packets;
    const earlier = request.qos2Fresh === true ? undefined : packets?.get(qos2PacketId!);
    if (earlier !== undefined) return { ok: true, id: earlier, duplicate: true };
    if (request.inboxEntry != null) return refused('rejected', 'direct push has no inboxes');
    if (willOf != null && !this.sessions.takeWill(willOf)) return refused('fenced', `the will of ${willOf.clientId} was fired or given up`);
    const id = this.store(request);
    packets?.set(qos2PacketId!, id);
    return { ok: true, id, duplicate: false };
  }

  private store({ log, topic, qos, cleanSession, clientId, payload, p2pClientId, retain }: AppendRequest): MessageId {
    const id = (this.lastId = Math.max(Date.now() * 1000, this.lastId + 1));
    const message: StoredMessage = { id, log, topic, qos, cleanSession, clientId, payload };
    this.window.push({ message, p2pClientId });
    if (p2pClientId !== null) return id;
    this.shares.offer(message);
    if (retain) this.retained.put(message);
    return id;
  }
}

function refused(reason: 'fenced' | 'rejected', message: string): AppendResult {
  return { ok: false, reason, message };
}
