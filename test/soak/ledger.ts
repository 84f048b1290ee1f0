/**
 * What was sent, what was acknowledged, and what came to whom. It judges by the rules alone and knows nothing of the
 * gateway's code: its own matching of topics, its own idea of who should have what. What each kind of receiver is promised
 * stands beside the code that judges it: here persistent sessions and shares, then `spans.ts`, `retained.ts`, `wills.ts`.
 */
import type { Delivery } from './connection-events';
import { covers } from './topics';

export interface Violation {
  /** Milliseconds since the start of the run. */
  readonly at: number;
  readonly kind: 'lost' | 'order' | 'duplicate' | 'foreign' | 'unknown' | 'qos' | 'stale' | 'will' | 'session-lost' | 'packet-id' | 'stuck';
  readonly who: string;
  readonly text: string;
}

export type QoS = 0 | 1 | 2;

/** Numbered messages of one publisher to one topic. */
export interface Stream {
  readonly id: string;
  readonly publisher: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Wills: one a connection, fired whenever it is found to be gone, so in no order. */
  readonly will: boolean;
  /** Client ID that alone may get it (T4). */
  readonly target: string | null;
  sent: number;
  /** Number → when it was sent first. */
  readonly sentAt: number[];
  /** Number → when it was acknowledged; of a will, when it was due. */
  readonly acknowledged: Map<number, number>;
}

export interface Subscription {
  readonly filter: string;
  readonly qos: 1 | 2;
}

/** Who receives for good: one persistent session, or all members of a shared subscription together. */
export interface Receiver {
  readonly name: string;
  readonly kind: 'session' | 'share';
  /** Client ID, for P2P; null for a share. */
  readonly clientId: string | null;
  readonly subscriptions: readonly Subscription[];
  readonly got: Map<string, Got>;
}

export interface Got {
  readonly counts: number[];
  /** Number → when it came first. */
  readonly firstAt: number[];
  highest: number;
  /** QoS 0: what came on which connection of which client, number → when. */
  readonly onConnection: Map<string, { highest: number; readonly firstAt: Map<number, number> }>;
}

export interface Figures {
  sent: number;
  acknowledged: number;
  delivered: number;
  /** More than once where that is allowed. */
  duplicates: number;
  /** QoS 0, sent and delivered. */
  sentOnce: number;
  deliveredOnce: number;
  /** Came because of a SUBSCRIBE. */
  retained: number;
  /** Wills that were due. */
  wills: number;
}

const PADDING = 'abcdefghijklmnopqrstuvwxyz'.repeat(40);

export function payloadOf(stream: string, number: number): string {
  return `${stream}|${number}|${PADDING.slice(0, (number * 37) % 700)}`;
}

export class Ledger {
  readonly streams = new Map<string, Stream>();
  readonly receivers: Receiver[] = [];
  readonly violations: Violation[] = [];
  readonly figures: Figures = { sent: 0, acknowledged: 0, delivered: 0, duplicates: 0, sentOnce: 0, deliveredOnce: 0, retained: 0, wills: 0 };
  /** What broke a rule within what the chosen durability announces to lose. */
  excused = 0;

  /** `isAnnounced`: what was acknowledged, delivered or left then may be forgotten, by the storage's durability. */
  constructor(readonly now: () => number = Date.now, readonly isAnnounced: (at: number) => boolean = () => false) {}

  stream(publisher: string, topic: string, qos: QoS, more: { readonly target?: string; readonly retain?: boolean; readonly will?: boolean } = {}): Stream {
    const { target = null, retain = false, will = false } = more;
    const stream: Stream = { id: `s${this.streams.size}`, publisher, topic, qos, retain, will, target, sent: 0, sentAt: [], acknowledged: new Map() };
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
    const number = ++stream.sent;
    stream.sentAt[number] = this.now();
    if (stream.qos === 0) this.figures.sentOnce++;
    else if (!stream.will) this.figures.sent++;
    return { number, payload: payloadOf(stream.id, number) };
  }

  /** PUBACK, or PUBREC; of a will: it is due. */
  acknowledge(stream: Stream, number: number): void {
    if (stream.acknowledged.has(number)) return;
    if (stream.will) this.figures.wills++;
    else this.figures.acknowledged++;
    stream.acknowledged.set(number, this.now());
  }

  /** What a payload says of itself, if it was sent to that topic; else a violation and null. */
  identify(member: string, { topic, payload }: Delivery): { stream: Stream; number: number } | null {
    const [id, text] = payload.split('|') as [string, string | undefined];
    const number = Number(text);
    const stream = this.streams.get(id);
    if (stream === undefined || !(number >= 1 && number <= stream.sent) || payload !== payloadOf(id, number) || topic !== stream.topic) {
      this.violation('unknown', member, `got on ${topic} what was never sent there: ${payload.slice(0, 60)}`);
      return null;
    }
    return { stream, number };
  }

  /** A message as an application gets it: repeated QoS 2 packets of one identifier are one message. */
  deliver(receiver: Receiver, member: string, delivery: Delivery): void {
    const found = this.identify(member, delivery);
    if (found === null) return;
    const { stream, number } = found;
    const granted = this.grantedOrForeign(receiver.subscriptions, receiver.clientId, member, delivery, stream, number);
    if (granted === null) return;
    let got = receiver.got.get(stream.id);
    if (got === undefined) receiver.got.set(stream.id, (got = { counts: [], firstAt: [], highest: 0, onConnection: new Map() }));
    if (granted === 0) this.countOnce(receiver, got, member, delivery, stream, number);
    else this.count(receiver, got, member, stream, number, granted);
  }

  /** The QoS at which a receiver should get it. Null: it should not, which is told. */
  grantedOrForeign(subscriptions: readonly Subscription[], clientId: string | null, member: string, { qos, retain }: Delivery, stream: Stream, number: number): QoS | null {
    if (stream.qos === 0) this.figures.deliveredOnce++;
    else this.figures.delivered++;
    const granted = grantedQos(subscriptions, clientId, stream);
    if (granted === null) this.violation('foreign', member, `got ${describe(stream, number)}, which is not for it`);
    else if (qos !== granted) this.violation('qos', member, `got ${describe(stream, number)} at QoS ${qos} instead of ${granted}`);
    if (retain) this.violation('foreign', member, `got ${describe(stream, number)} as a retained message, and should have got it live`);
    return granted;
  }

  private count(receiver: Receiver, got: Got, member: string, stream: Stream, number: number, qos: QoS): void {
    const times = (got.counts[number] ?? 0) + 1;
    got.counts[number] = times;
    if (times > 1) {
      if (qos !== 2) this.figures.duplicates++;
      else this.violationUnless(got.firstAt[number]!, 'duplicate', member, `got ${describe(stream, number)} ${times} times${receiver.kind === 'share' ? ` within ${receiver.name}` : ''}`);
      return;
    }
    got.firstAt[number] = this.now();
    // members of a share take turns, so there is no order between them
    if (number < got.highest && receiver.kind === 'session' && !stream.will) {
      this.violationUnless(got.firstAt[got.highest]!, 'order', member, `got ${describe(stream, number)} for the first time after number ${got.highest}`);
    }
    got.highest = Math.max(got.highest, number);
  }

  /** QoS 0 may be lost. Within a connection it comes in order, and never twice, unless the store forgot that it had taken it. */
  private countOnce(receiver: Receiver, got: Got, member: string, { connection }: Delivery, stream: Stream, number: number): void {
    const key = `${member} ${connection}`;
    let here = got.onConnection.get(key);
    if (here === undefined) got.onConnection.set(key, (here = { highest: 0, firstAt: new Map() }));
    const earlier = here.firstAt.get(number);
    if (earlier !== undefined) this.violationUnless(earlier, 'duplicate', member, `got ${describe(stream, number)} twice on one connection`);
    else if (number < here.highest && receiver.kind === 'session') this.violationUnless(here.firstAt.get(here.highest)!, 'order', member, `got ${describe(stream, number)} after number ${here.highest} on one connection`);
    here.firstAt.set(number, earlier ?? this.now());
    here.highest = Math.max(here.highest, number);
  }

  violation(kind: Violation['kind'], who: string, text: string, at = this.now()): void {
    this.violations.push({ at, kind, who, text });
  }

  /** `past`: when what is broken now was made; it may lie within what the durability announces. */
  violationUnless(past: number, kind: Violation['kind'], who: string, text: string, at = this.now()): void {
    if (this.isAnnounced(past)) this.excused++;
    else this.violation(kind, who, text, at);
  }

  /** Acknowledged and not delivered where it should be, by now. */
  missing(): { receiver: Receiver; stream: Stream; number: number; acknowledgedAt: number }[] {
    const missing = [];
    for (const receiver of this.receivers) {
      for (const stream of this.streams.values()) {
        if (grantedQos(receiver.subscriptions, receiver.clientId, stream) === null) continue;
        const counts = receiver.got.get(stream.id)?.counts ?? [];
        for (const [number, acknowledgedAt] of stream.acknowledged) {
          if (counts[number] === undefined) missing.push({ receiver, stream, number, acknowledgedAt });
        }
      }
    }
    return missing;
  }

  /** What is missing and should still come. */
  get owed(): readonly { readonly receiver: Receiver; readonly stream: Stream; readonly number: number; readonly acknowledgedAt: number }[] {
    // a will is forgotten with the connection that left it
    return this.missing().filter(({ stream, number, acknowledgedAt }) => !this.isAnnounced(acknowledgedAt) && !(stream.will && this.isAnnounced(stream.sentAt[number]!)));
  }

  /** When any receiver got it first; undefined: nobody did. */
  firstDelivery(stream: Stream, number: number): number | undefined {
    const times = this.receivers.map(({ got }) => got.get(stream.id)?.firstAt[number]).filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** After everything was given time to arrive. */
  close(): void {
    const { owed } = this;
    this.excused += this.missing().length - owed.length;
    for (const { receiver, stream, number, acknowledgedAt } of owed) {
      this.violation('lost', receiver.name, `never got ${describe(stream, number)}, acknowledged at ${(acknowledgedAt / 1_000).toFixed(3)} s`, acknowledgedAt);
    }
  }
}

/** min(published, granted); null: it is not for this receiver. */
export function grantedQos(subscriptions: readonly Subscription[], clientId: string | null, stream: Stream): QoS | null {
  if (stream.target !== null) return clientId === stream.target ? stream.qos : null;
  const granted = subscriptions.filter(({ filter }) => covers(filter, stream.topic)).map(({ qos }) => qos);
  return granted.length === 0 ? null : Math.min(stream.qos, Math.max(...granted)) as QoS;
}

export function describe({ publisher, topic, qos, id }: Stream, number: number): string {
  return `number ${number} of ${publisher} on ${topic} (QoS ${qos}, ${id})`;
}
