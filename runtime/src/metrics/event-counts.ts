/** How often each event happened, for metrics: plain numbers, by name and reason. */
import { ERRORS } from '../errors';
import { EVENTS, type EventName } from '../events';

/** Reasons that are told as they are; whatever else may stand in a log line is a text from somewhere and counts as `other`. */
const REASONS: ReadonlySet<string> = new Set([
  ...Object.keys(ERRORS), ...Object.values(EVENTS), 'disconnect', 'connection-lost', 'slow', 'internal',
]);

export interface EventCount { readonly event: EventName; readonly reason: string; readonly count: number }

export class EventCounts {
  private readonly counts = new Map<EventName, Map<string, number>>();

  add(event: EventName, fields: { readonly [name: string]: unknown } = {}): void {
    const { reason: given } = fields;
    const reason = given === undefined ? '' : typeof given === 'string' && REASONS.has(given) ? given : 'other';
    let reasons = this.counts.get(event);
    if (reasons === undefined) this.counts.set(event, reasons = new Map());
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  *list(): Iterable<EventCount> {
    for (const [event, reasons] of this.counts) for (const [reason, count] of reasons) yield { event, reason, count };
  }
}
