/** What a gateway counts on its way, as plain numbers; a scrape and the reports read them. */
import { UsageMeter, type Naming } from '../usage/meter';
import { Durations } from './durations';
import { EventCounts } from './event-counts';

/** From what Redis takes for a small batch up to what a publisher waits at most. */
const APPEND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const NO_NAMES: Naming = { names: new Map(), isWaiting: () => false, hasRoom: () => false, propose: () => false, use: () => undefined };

export class Meters {
  readonly events = new EventCounts();
  /** From the hand-over of a batch to the answer of the store, with what was tried again. */
  readonly appends = new Durations(APPEND_SECONDS);
  /** Messages that retention removed before their session came back for them. */
  skippedMessages = 0;

  constructor(readonly usage = new UsageMeter(NO_NAMES, () => false)) {}
}
