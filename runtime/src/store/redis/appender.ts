import type { AppendRequest, AppendResult, MessageId, StoredMessage } from '../contract';
import { OutOfTurnError } from '../errors';
import { decodeReply, encodeBatch } from './append-frame';
import type { Connection } from './connection';
import type { Followers } from './followers';
import { scripts } from './scripts';
import { Wildcards } from './wildcards';

/** A wildcard set that moves on by more than the delta list between a load and the next append, this often in a row, is a bug. */
const STALE_LIMIT = 10;

/** Sends batches, and keeps the copy of the wildcard filters that each batch is matched against. */
export class Appender {
  private readonly wildcards = new Wildcards();
  /** Ids go on above it even if the store comes back with an older state. */
  private highest: MessageId = 0;

  constructor(private readonly connection: Connection, private readonly prefix: string, private readonly limitBytes: () => number | null, private readonly followers: Followers) {
    connection.onAvailability(({ available }) => !available && this.wildcards.forget());
  }

  async append(gatewayId: string, batch: number, requests: readonly AppendRequest[], behind = false): Promise<AppendResult[]> {
    for (let attempt = 1; ; attempt++) {
      if (this.wildcards.epoch < 0) {
        this.wildcards.load((await this.connection.script(scripts.readWildcards, this.prefix)) as unknown[]);
      }
      const known = this.wildcards.epoch;
      const frame = encodeBatch(requests, (log, topic, qos) => this.wildcards.match(log, topic, qos));
      try {
        const reply = (await this.connection.script(scripts.append, this.prefix, gatewayId, batch, this.highest, known, frame, requests.length, this.limitBytes() ?? 0, this.followers.name, behind ? 1 : 0)) as Buffer[];
        const [results, epoch, ...delta] = reply;
        // Another batch may have brought the copy further meanwhile; then this delta is in it already.
        if (this.wildcards.epoch === known) this.wildcards.apply(Number(epoch!.toString()), delta);
        return this.stored(requests, decodeReply(results!, requests));
      } catch (error) {
        const text = (error as Error).message;
        if (text.includes('OVERTAKEN ')) return requests.map(() => ({ ok: false, reason: 'rejected', message: text }));
        if (text.includes('EARLY ')) throw new OutOfTurnError(text);
        if (!text.includes('STALE wildcards') || attempt === STALE_LIMIT) throw error;
        this.wildcards.forget();
      }
    }
  }

  private stored(requests: readonly AppendRequest[], { before, last, results }: ReturnType<typeof decodeReply>): AppendResult[] {
    const followed = this.followers.name !== '';
    const messages: StoredMessage[] = [];
    for (const [i, result] of results.entries()) {
      if (!result.ok) continue;
      if (result.id > this.highest) this.highest = result.id;
      if (!followed || result.duplicate) continue;
      const { log, topic, payload, qos, cleanSession, clientId } = requests[i]!;
      messages.push({ id: result.id, log, topic, payload, qos, cleanSession, clientId });
    }
    if (followed) {
      this.followers.recent.push({ before, last, messages });
      this.followers.ring();
    }
    return results;
  }
}
