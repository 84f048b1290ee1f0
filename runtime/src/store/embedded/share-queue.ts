import type { ClaimedMessage, MessageId, Share, ShareSettlement, StoredMessage } from '../contract';
import { keyText, readOrdered } from './bytes';
import type { Clock } from './clock';
import type { IndexChunks } from './index-chunks';
import { KIND, behind, kindKey, orderedBytes, u32Bytes } from './keys';
import { putNotice } from './notices';
import type { MessageReader } from './reader';
import type { Records } from './records';
import type { Sessions } from './sessions';
import type { Shares } from './shares';
import type { Table } from './table';

/** Chunks of a queue that one claim removes at most; the rest goes with the next ones. */
const CHUNKS_PER_CLAIM = 256;
const CLAIMED = Buffer.from([1]);

/** Hands out what waits in the queues of shares. A claim is one record of (queue, gateway, message). */
export class ShareQueue {
  constructor(
    private readonly state: Table, private readonly shares: Shares, private readonly chunks: IndexChunks,
    private readonly reader: MessageReader, private readonly records: Records) {}

  /** Without changing anything: whether a claim would find something. */
  waiting(clock: Clock, share: Share, now: number): boolean {
    const record = this.shares.get(share);
    if (record === undefined) return false;
    return this.chunks.ids(record.number, record.cursor, clock.lastId, 1).length > 0
      || this.state.withPrefix(givenBackKey(record.number), 1).length > 0
      || this.deadClaimers(record.number, now).length > 0;
  }

  claim(clock: Clock, share: Share, gatewayId: string, limit: number, now: number, held?: readonly MessageId[]): StoredMessage[] {
    const record = this.shares.get(share);
    if (record === undefined) return [];
    const { number } = record;
    if (held !== undefined && this.giveBackAll(number, gatewayId, new Set(held)) > 0) putNotice(this.state, clock, { kind: 'share', share });
    for (const dead of this.deadClaimers(number, now)) this.giveBackAll(number, dead);
    const messages: StoredMessage[] = [];
    const hand = (id: MessageId): void => {
      const message = this.reader.message(clock, id);
      if (message === undefined) return; // removed meanwhile
      messages.push(message);
      this.state.put(claimKey(number, gatewayId, id), CLAIMED);
    };
    for (let more = true; more && messages.length < limit;) {
      const entries = this.state.withPrefix(givenBackKey(number), limit - messages.length);
      for (const { key } of entries) {
        this.state.remove(key);
        hand(readOrdered(key, key.length - 8));
      }
      more = entries.length > 0;
    }
    let { cursor } = record;
    while (messages.length < limit) {
      const ids = this.chunks.ids(number, cursor, clock.lastId, limit - messages.length);
      if (ids.length === 0) break;
      cursor = ids.at(-1)!;
      ids.forEach(hand);
    }
    if (cursor !== record.cursor) {
      this.chunks.dropThrough(number, cursor, CHUNKS_PER_CLAIM);
      this.shares.put(share, { ...record, cursor });
    }
    return messages;
  }

  /**
   * Makes claimed messages a session's own. False: a claim has ended and the session does not have its message; nothing was
   * done. Inside a step.
   */
  take(sessions: Sessions, clientId: string, taken: readonly ClaimedMessage[] = []): boolean {
    const keys: Buffer[] = [];
    for (const { share, gatewayId, id } of taken) {
      const record = this.shares.get(share);
      if (record === undefined) continue;
      const key = claimKey(record.number, gatewayId, id);
      if (this.state.has(key)) keys.push(key);
      else if (!sessions.hasInFlight(clientId, id)) return false; // else asked again
    }
    for (const key of keys) this.state.remove(key);
    return true;
  }

  /** What the gateway does not hold any more is passed over: it was dead for a while, or the share was dropped. */
  settle(clock: Clock, share: Share, gatewayId: string, { done, released }: ShareSettlement): void {
    const record = this.shares.get(share);
    if (record === undefined) return;
    for (const id of done) this.state.remove(claimKey(record.number, gatewayId, id));
    let back = 0;
    for (const id of released) {
      const key = claimKey(record.number, gatewayId, id);
      if (!this.state.has(key)) continue;
      this.state.remove(key);
      this.state.put(givenBackKey(record.number, id), CLAIMED);
      back++;
    }
    if (back > 0) putNotice(this.state, clock, { kind: 'share', share });
  }

  /** The gateway has gone: everything that it claimed is given back. */
  forgetGateway(clock: Clock, gatewayId: string): void {
    for (const { number, share } of this.shares.all()) {
      if (this.giveBackAll(number, gatewayId) > 0) putNotice(this.state, clock, { kind: 'share', share });
    }
  }

  private giveBackAll(number: number, gatewayId: string, except?: ReadonlySet<MessageId>): number {
    const claimed = this.state.withPrefix(claimKey(number, gatewayId));
    const entries = except === undefined ? claimed : claimed.filter(({ key }) => !except.has(readOrdered(key, key.length - 8)));
    for (const { key } of entries) {
      this.state.remove(key);
      this.state.put(givenBackKey(number, readOrdered(key, key.length - 8)), CLAIMED);
    }
    return entries.length;
  }

  /** Looks at one claim of each gateway, not at all of them. */
  private deadClaimers(number: number, now: number): string[] {
    const dead: string[] = [];
    const all = kindKey(KIND.claim, u32Bytes(number));
    const end = behind(all);
    for (let start = all; ;) {
      const [key] = this.state.keys(start, end, 1);
      if (key === undefined) return dead;
      const gatewayId = key.toString('utf8', all.length + 2, key.length - 8);
      if (this.records.deadSince(gatewayId, now) !== undefined) dead.push(gatewayId);
      start = behind(key.subarray(0, key.length - 8));
    }
  }
}

function claimKey(number: number, gatewayId: string, id?: MessageId): Buffer {
  return kindKey(KIND.claim, u32Bytes(number), keyText(gatewayId), ...(id === undefined ? [] : [orderedBytes(id)]));
}

function givenBackKey(number: number, id?: MessageId): Buffer {
  return kindKey(KIND.givenBack, u32Bytes(number), ...(id === undefined ? [] : [orderedBytes(id)]));
}
