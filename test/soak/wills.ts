/**
 * Wills. Each connection leaves one of its own. Of a connection that was accepted (CONNACK) and ended without DISCONNECT the will is
 * fired exactly once, whatever died meanwhile: the ledger counts it as acknowledged then. It is never fired
 *
 * - after DISCONNECT, unless a fault came between: DISCONNECT has no answer, so it counts where the gateway closed the connection
 *   by itself and nothing on the way to the store was disturbed until a little later;
 * - while its connection goes on.
 */
import type { ConnectionEnd, ConnectionListener } from './connection-events';
import { describe, type Ledger, type Stream } from './ledger';

/** From the gateway's end of the connection to the store's end of the session, on a busy machine. */
const GOODBYE_MS = 4_000;
/** A gateway that was cut off, and whose wills others have fired, finds out and closes its clients. */
const GOES_ON_MS = 30_000;

/** When DISCONNECT was sent, and when the gateway had closed the connection. */
interface Goodbye { readonly number: number; readonly gateway: number; readonly saidAt: number; readonly closedAt: number }

/** Whether a fault was between a gateway and its clients, or in the gateway and between it and the store, within this time. */
export type Disturbed = (side: 'client' | 'store', gateway: number, from: number, to: number) => boolean;

export class WillWatch implements ConnectionListener {
  readonly stream: Stream;
  private readonly accepted = new Set<number>();
  private readonly endedAt = new Map<number, number>();
  private readonly goodbyes: Goodbye[] = [];
  private current = 0;

  constructor(private readonly ledger: Ledger, clientId: string, topic: string, readonly qos: 1 | 2) {
    this.stream = ledger.stream(clientId, topic, qos, { will: true });
  }

  /** For the next CONNECT. */
  readonly will = (): { topic: string; payload: string; qos: 1 | 2 } => {
    const { number, payload } = this.ledger.send(this.stream);
    this.current = number;
    return { topic: this.stream.topic, payload, qos: this.qos };
  };

  connected(): void {
    this.accepted.add(this.current);
  }

  ended({ gateway, goodbye }: ConnectionEnd): void {
    const number = this.current;
    const from = this.ledger.now();
    this.endedAt.set(number, from);
    if (goodbye === null) {
      if (this.accepted.has(number)) this.ledger.acknowledge(this.stream, number);
    } else void goodbye.then((closed) => { if (closed) this.goodbyes.push({ number, gateway, saidAt: from, closedAt: this.ledger.now() }); });
  }

  /** Its will was fired although it still stands: somebody has to close it. */
  get contradicted(): boolean {
    return !this.endedAt.has(this.current) && this.ledger.firstDelivery(this.stream, this.current) !== undefined;
  }

  /** Answers how many goodbyes were judged. */
  close(disturbed: Disturbed): number {
    const { ledger, stream } = this;
    const judged = this.goodbyes.filter(({ gateway, saidAt, closedAt }) => !disturbed('client', gateway, saidAt, closedAt) && !disturbed('store', gateway, saidAt, closedAt + GOODBYE_MS));
    for (const { number, saidAt } of judged) {
      const at = ledger.firstDelivery(stream, number);
      if (at !== undefined) ledger.violation('will', stream.publisher, `said DISCONNECT at ${(saidAt / 1_000).toFixed(3)} s, and its will was fired: ${describe(stream, number)}`, at);
    }
    for (let number = 1; number <= stream.sent; number++) {
      const at = ledger.firstDelivery(stream, number);
      if (at !== undefined && (this.endedAt.get(number) ?? Infinity) > at + GOES_ON_MS) ledger.violation('will', stream.publisher, `goes on, and its will was fired: ${describe(stream, number)}`, at);
    }
    return judged.length;
  }
}
