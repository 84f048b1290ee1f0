/**
 * Retained messages: what a SUBSCRIBE brings is never older than what was acknowledged when it was sent, and never follows a
 * newer one; when nothing is broken any more, it is exactly the last one of each topic, once.
 */
import type { Delivery } from './connection-events';
import { describe, type Ledger, type Stream } from './ledger';

export class RetainedWatch {
  /** Stream → the highest number that was acknowledged when SUBSCRIBE was sent. */
  private floor = new Map<string, number>();
  /** Stream → what came on this connection, in order. */
  private came = new Map<string, { number: number; retain: boolean }[]>();

  constructor(private readonly ledger: Ledger, private readonly clientId: string) {}

  subscribing(): void {
    this.came = new Map();
    this.floor = new Map(this.streams.map(({ id, acknowledged }) => [id, Math.max(0, ...acknowledged.keys())]));
  }

  deliver(delivery: Delivery): void {
    const { ledger, clientId } = this;
    const found = ledger.identify(clientId, delivery);
    if (found === null) return;
    const { stream, number } = found;
    const { retain } = delivery;
    if (!stream.retain) return ledger.violation('foreign', clientId, `got ${describe(stream, number)}, which was not sent to be kept`);
    if (retain) ledger.figures.retained++;
    const came = this.came.get(stream.id) ?? [];
    this.came.set(stream.id, came);
    const floor = this.floor.get(stream.id) ?? 0;
    // a live one may be an old one that was sent again
    if (retain && number < floor) ledger.violationUnless(stream.acknowledged.get(floor)!, 'stale', clientId, `got ${describe(stream, number)} as retained, and number ${floor} was acknowledged before it asked`);
    const newer = came.find((other) => other.number > number);
    if (retain && newer !== undefined) ledger.violation('stale', clientId, `got ${describe(stream, number)} as retained after number ${newer.number}`);
    came.push({ number, retain });
  }

  /** Every topic that has one has brought something. */
  get settled(): boolean {
    return this.streams.every(({ id, sent }) => sent === 0 || (this.came.get(id)?.length ?? 0) > 0);
  }

  /** The client has subscribed anew, and nobody publishes. */
  close(): void {
    const { ledger, clientId } = this;
    for (const stream of this.streams) {
      if (stream.sent === 0) continue;
      const came = this.came.get(stream.id) ?? [];
      const last = stream.sent;
      if (came.length === 1 && came[0]!.number === last && came[0]!.retain) continue;
      const got = came.length === 0 ? 'nothing' : came.map(({ number, retain }) => `${number}${retain ? '' : ' (live)'}`).join(', ');
      ledger.violationUnless(stream.acknowledged.get(last) ?? 0, came.length === 0 ? 'lost' : 'stale', clientId, `asked for what is retained of ${describe(stream, last)}, the last one, and got ${got}`);
    }
  }

  private get streams(): Stream[] {
    return [...this.ledger.streams.values()].filter(({ retain }) => retain);
  }
}
