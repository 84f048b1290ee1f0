/**
 * What was sent, what was acknowledged, and what came to whom. It judges by the rules alone and knows nothing of the
 * gateway's code: its own matching of topics, its own idea of who should have what.
 */
import { covers } from './topics';

export interface Violation {
  /** Milliseconds since the start of the run. */
  readonly at: number;
  readonly kind: 'lost' | 'order' | 'duplicate' | 'foreign' | 'unknown' | 'qos' | 'session-lost' | 'packet-id' | 'stuck';
  readonly who: string;
  readonly text: string;
}

/** Numbered messages of one publisher to one topic. */
export interface Stream {
  readonly id: string;
  readonly publisher: string;
  readonly topic: string;
  readonly qos: 1 | 2;
  /** Client ID that alone may get it (T4). */
  readonly target: string | null;
  sent: number;
  /** Number → when it was acknowledged. */
  readonly acknowledged: Map<number, number>;
}

export interface Subscription {
  readonly filter: string;
  readonly qos: 1 | 2;
}

/** Who receives: one session, or all members of a shared subscription together. */
export interface Receiver {
  readonly name: string;
  readonly kind: 'session' | 'share';
  /** Client ID, for P2P; null for a share. */
  readonly clientId: string | null;
  readonly subscriptions: readonly Subscription[];
  readonly got: Map<string, { readonly counts: number[]; highest: number }>;
}

export interface Figures {
  sent: number;
  acknowledged: number;
  delivered: number;
  /** More than once where that is allowed. */
  duplicates: number;
}

const PADDING = 'abcdefghijklmnopqrstuvwxyz'.repeat(40);

export function payloadOf(stream: string, number: number): string {
  return `${stream}|${number}|${PADDING.slice(0, (number * 37) % 700)}`;
}

export class Ledger {
  readonly streams = new Map<string, Stream>();
  readonly receivers: Receiver[] = [];
  readonly violations: Violation[] = [];
  readonly figures: Figures = { sent: 0, acknowledged: 0, delivered: 0, duplicates: 0 };

  constructor(private readonly now: () => number = Date.now) {}

  stream(publisher: string, topic: string, qos: 1 | 2, target: string | null = null): Stream {
    const stream: Stream = { id: `s${this.streams.size}`, publisher, topic, qos, target, sent: 0, acknowledged: new Map() };
    this.streams.set(stream.id, stream);
    return stream;
  }

  session(clientId: string, subscriptions: readonly Subscription[]): Receiver {
    return this.add({ name: clientId, kind: 'session', clientId, subscriptions, got: new Map() });
  }

  share(name: string, subscription: Subscription): Receiver {
    return this.add({ name, kind: 'share', clientId: null, subscriptions: [subscription], got: new Map() });
  }

  private add(receiver: Receiver): Receiver {
    this.receivers.push(receiver);
    return receiver;
  }

  /** The next message of a stream is about to be sent for the first time. */
  send(stream: Stream): { number: number; payload: string } {
    this.figures.sent++;
    const number = ++stream.sent;
    return { number, payload: payloadOf(stream.id, number) };
  }

  /** PUBACK, or PUBREC. */
  acknowledge(stream: Stream, number: number): void {
    if (stream.acknowledged.has(number)) return;
    this.figures.acknowledged++;
    stream.acknowledged.set(number, this.now());
  }

  /** A message as an application gets it: repeated QoS 2 packets of one identifier are one message. */
  deliver(receiver: Receiver, member: string, topic: string, payload: string, qos: number): void {
    this.figures.delivered++;
    const [id, text] = payload.split('|') as [string, string | undefined];
    const number = Number(text);
    const stream = this.streams.get(id);
    if (stream === undefined || !(number >= 1 && number <= stream.sent) || payload !== payloadOf(id, number) || topic !== stream.topic) {
      return this.violation('unknown', member, `got on ${topic} what was never sent there: ${payload.slice(0, 60)}`);
    }
    const granted = grantedQos(receiver, stream);
    if (granted === null) return this.violation('foreign', member, `got ${describe(stream, number)}, which is not for it`);
    if (qos !== granted) this.violation('qos', member, `got ${describe(stream, number)} at QoS ${qos} instead of ${granted}`);
    this.count(receiver, member, stream, number, granted);
  }

  private count(receiver: Receiver, member: string, stream: Stream, number: number, qos: 1 | 2): void {
    let got = receiver.got.get(stream.id);
    if (got === undefined) receiver.got.set(stream.id, (got = { counts: [], highest: 0 }));
    const times = (got.counts[number] ?? 0) + 1;
    got.counts[number] = times;
    if (times > 1) {
      if (qos === 2) this.violation('duplicate', member, `got ${describe(stream, number)} ${times} times${receiver.kind === 'share' ? ` within ${receiver.name}` : ''}`);
      else this.figures.duplicates++;
      return;
    }
    // members of a share take turns, so there is no order between them
    if (number < got.highest && receiver.kind === 'session') this.violation('order', member, `got ${describe(stream, number)} for the first time after number ${got.highest}`);
    got.highest = Math.max(got.highest, number);
  }

  violation(kind: Violation['kind'], who: string, text: string, at = this.now()): void {
    this.violations.push({ at, kind, who, text });
  }

  /** Acknowledged and not delivered where it should be, by now. */
  missing(): { receiver: Receiver; stream: Stream; number: number; acknowledgedAt: number }[] {
    const missing = [];
    for (const receiver of this.receivers) {
      for (const stream of this.streams.values()) {
        if (grantedQos(receiver, stream) === null) continue;
        const counts = receiver.got.get(stream.id)?.counts ?? [];
        for (const [number, acknowledgedAt] of stream.acknowledged) {
          if (counts[number] === undefined) missing.push({ receiver, stream, number, acknowledgedAt });
        }
      }
    }
    return missing;
  }

  /** After everything was given time to arrive. `excused`: when an acknowledgement could be lost, by the storage's durability. */
  close(excused: (acknowledgedAt: number) => boolean = () => false): { excused: number } {
    let count = 0;
    for (const { receiver, stream, number, acknowledgedAt } of this.missing()) {
      if (excused(acknowledgedAt)) count++;
      else this.violation('lost', receiver.name, `never got ${describe(stream, number)}, acknowledged at ${(acknowledgedAt / 1_000).toFixed(3)} s`, acknowledgedAt);
    }
    return { excused: count };
  }
}

/** min(published, granted); null: it is not for this receiver. */
function grantedQos(receiver: Receiver, stream: Stream): 1 | 2 | null {
  if (stream.target !== null) return receiver.clientId === stream.target ? stream.qos : null;
  const granted = receiver.subscriptions.filter(({ filter }) => covers(filter, stream.topic)).map(({ qos }) => qos);
  return granted.length === 0 ? null : Math.min(stream.qos, Math.max(...granted)) as 1 | 2;
}

function describe(stream: Stream, number: number): string {
  return `number ${number} of ${stream.publisher} on ${stream.topic} (QoS ${stream.qos}, ${stream.id})`;
}
