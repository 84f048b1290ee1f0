/**
 * Subscriptions that come and go: of clean sessions, one a connection, and filters that a persistent session takes and gives up
 * under load. What each is promised, of one publisher's messages to one topic:
 *
 * - what was acknowledged before SUBSCRIBE was sent, and is no message of an earlier span, never comes;
 * - what was sent after SUBACK and acknowledged before the span's end comes in order and without a gap: whatever comes, all
 *   before it has come. The end of a span takes along what had not come yet (3.10.4, 3.1.2.4);
 * - a span that never ends gets all of it;
 * - QoS 2 never comes twice within a connection; nor, with a persistent session, ever.
 */
import type { Delivery } from './connection-events';
import { describe, grantedQos, type Ledger, type Stream, type Subscription } from './ledger';

interface Span {
  /** SUBSCRIBE was sent first. */
  readonly askedAt: number;
  /** SUBACK came. */
  since: number | null;
  /** UNSUBSCRIBE was sent first, or the connection ended. */
  until: number | null;
  /** UNSUBACK came, or the connection ended. */
  endedAt: number | null;
  /** Stream → what came, in order, each once. */
  readonly got: Map<string, Map<number, number>>;
}

export class Spans {
  private readonly spans: Span[] = [];

  /** `clean`: what a connection gets is judged apart from all others; else all spans are of one session. */
  constructor(private readonly ledger: Ledger, private readonly clientId: string, private readonly subscription: Subscription, private readonly clean: boolean) {}

  asking(): void {
    // asked again after a lost answer, it is the same span
    if (this.current?.endedAt !== null) this.spans.push({ askedAt: this.ledger.now(), since: null, until: null, endedAt: null, got: new Map() });
  }

  granted(): void {
    if (this.current !== undefined) this.current.since ??= this.ledger.now();
  }

  leaving(): void {
    if (this.current !== undefined) this.current.until ??= this.ledger.now();
  }

  left(): void {
    if (this.current === undefined) return;
    this.leaving();
    this.current.endedAt ??= this.ledger.now();
  }

  private get current(): Span | undefined {
    return this.spans.at(-1);
  }

  /** How many there were, and how many of them were answered. */
  get count(): number {
    return this.spans.filter(({ since }) => since !== null).length;
  }

  deliver(delivery: Delivery): void {
    const { ledger, clientId, subscription, clean } = this;
    const found = ledger.identify(clientId, delivery);
    if (found === null) return;
    const { stream, number } = found;
    const granted = ledger.grantedOrForeign([subscription], clientId, clientId, delivery, stream, number);
    if (granted === null || stream.will) return;
    const span = this.current;
    if (span === undefined) return ledger.violation('foreign', clientId, `got ${describe(stream, number)} before it had asked for anything`);
    const seen = clean ? [span] : this.spans;
    const before = seen.map(({ got }) => got.get(stream.id)?.get(number)).find((at) => at !== undefined);
    if (before !== undefined) {
      if (granted !== 2) ledger.figures.duplicates++;
      else ledger.violationUnless(before, 'duplicate', clientId, `got ${describe(stream, number)} twice`);
      return;
    }
    let got = span.got.get(stream.id);
    if (got === undefined) span.got.set(stream.id, (got = new Map()));
    got.set(number, ledger.now());
  }

  /** Spans that never ended have everything, as far as is known yet. */
  get complete(): boolean {
    const span = this.current;
    if (span === undefined || span.until !== null || this.isForgotten(span, this.spans.at(-2))) return true;
    return this.streams.every((stream) => [...stream.acknowledged].every(([number, at]) => !this.isTracked(span, stream, number) || this.cameTo(span, stream).has(number) || this.ledger.isAnnounced(at)));
  }

  close(): void {
    for (const stream of this.streams) this.spans.forEach((span, i) => this.judge(stream, span, this.spans[i - 1]));
  }

  private get streams(): Stream[] {
    return [...this.ledger.streams.values()].filter((stream) => stream.qos > 0 && !stream.will && grantedQos([this.subscription], this.clientId, stream) !== null);
  }

  private judge(stream: Stream, span: Span, before: Span | undefined): void {
    const { ledger, clientId } = this;
    if (this.isForgotten(span, before)) {
      ledger.excused++;
      return;
    }
    const came = this.cameTo(span, stream);
    let highest = 0;
    for (const [number, at] of came) {
      if (!this.isTracked(span, stream, number)) continue;
      if (number < highest) ledger.violationUnless(came.get(highest)!, 'order', clientId, `got ${describe(stream, number)} for the first time after number ${highest}`, at);
      highest = Math.max(highest, number);
    }
    for (const [number, acknowledgedAt] of stream.acknowledged) {
      const early = acknowledgedAt < span.askedAt && (this.clean || stream.sentAt[number]! > (before?.endedAt ?? -Infinity));
      if (early && span.got.get(stream.id)?.has(number)) {
        ledger.violationUnless(acknowledgedAt, 'stale', clientId, `got ${describe(stream, number)}, acknowledged before it subscribed`, span.got.get(stream.id)!.get(number));
      }
      if (came.has(number) || !this.isTracked(span, stream, number)) continue;
      if (number < highest) ledger.violationUnless(acknowledgedAt, 'lost', clientId, `got number ${highest} and never ${describe(stream, number)}`, acknowledgedAt);
      else if (span.until === null) ledger.violationUnless(acknowledgedAt, 'lost', clientId, `never got ${describe(stream, number)}, and is subscribed since ${((span.since ?? 0) / 1_000).toFixed(3)} s`, acknowledgedAt);
    }
  }

  /** It may have been forgotten, or the one before may have come back. */
  private isForgotten({ since, endedAt }: Span, before: Span | undefined): boolean {
    return [since, endedAt, before?.endedAt].some((at) => typeof at === 'number' && this.ledger.isAnnounced(at));
  }

  /** Certainly stored within the span. */
  private isTracked({ since, until }: Span, { sentAt, acknowledged }: Stream, number: number): boolean {
    if (since === null || sentAt[number]! <= since) return false;
    return until === null || (acknowledged.get(number) ?? Infinity) < until;
  }

  /** What a persistent session owed from one span may come in a later one. */
  private cameTo(span: Span, stream: Stream): ReadonlyMap<number, number> {
    if (this.clean) return span.got.get(stream.id) ?? new Map();
    return new Map(this.spans.slice(this.spans.indexOf(span)).flatMap(({ got }) => [...got.get(stream.id) ?? []]));
  }
}
