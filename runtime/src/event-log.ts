/**
 * How loud an event is, and how often it may be. Somebody whose client is refused finds the reason at the default level;
 * a stranger who is refused a thousand times a second does not fill the disk with it.
 */
import { EVENTS, type EventLogger, type EventName } from './events';
import type { EventCounts } from './metrics/event-counts';

/** Whatever is not named here is `info`: the ordinary life of a gateway. */
const WARNINGS: ReadonlySet<EventName> = new Set<EventName>([
  EVENTS.connectionRefused, EVENTS.packetRefused, EVENTS.connectRefused, EVENTS.publishRefused, EVENTS.subscribeRefused, EVENTS.willRefused,
  EVENTS.inboxRefused, EVENTS.publishLost, EVENTS.messageDropped, EVENTS.messagesExpired, EVENTS.storeFull, EVENTS.throttleStarted, EVENTS.alarmRaised, EVENTS.notificationFailed, EVENTS.apiRefused, EVENTS.consoleLoginRefused,
]);

/** Enough to see what is wrong with a fleet, little enough to leave on for ever. */
const LINES_PER_WINDOW = 5;
const WINDOW_MS = 1_000;
/** A reason may hold a text from elsewhere: beyond this many at once they share one allowance. */
const MAX_KEYS = 100;
/** A client chooses its Client ID, topics and filters, and they may have 64 KiB. */
const MAX_TEXT = 256;

interface Window { readonly endsAt: number; lines: number; suppressed: number }

type Fields = { readonly [name: string]: unknown };

export class EventLog {
  private readonly windows = new Map<string, Window>();

  /** `counts`: for metrics, where nothing is suppressed. */
  constructor(private readonly logger: EventLogger, private readonly counts?: EventCounts) {}

  write(name: EventName, fields: Fields): void {
    this.counts?.add(name, fields);
    if (!WARNINGS.has(name)) return this.logger.info(fields, name);
    const window = this.windowOf(name, fields['reason']);
    if (window.lines < LINES_PER_WINDOW) {
      window.lines++;
      this.logger.warn(shortened(fields), name);
    } else if (window.suppressed++ === 0) {
      setTimeout(() => this.tellSuppressed(name, fields['reason'], window), Math.max(0, window.endsAt - Date.now())).unref();
    }
  }

  private tellSuppressed(event: EventName, reason: unknown, { suppressed }: Window): void {
    this.logger.warn(shortened({ event, reason }), `suppressed ${suppressed} more`);
  }

  private windowOf(name: EventName, reason: unknown): Window {
    const now = Date.now();
    const key = `${name} ${String(reason)}`;
    const found = this.windows.get(key);
    if (found && now < found.endsAt) return found;
    if (this.windows.size >= MAX_KEYS) {
      for (const [other, { endsAt }] of this.windows) if (endsAt <= now) this.windows.delete(other);
      if (this.windows.size >= MAX_KEYS && reason !== undefined) return this.windowOf(name, undefined);
    }
    const window = { endsAt: now + WINDOW_MS, lines: 0, suppressed: 0 };
    this.windows.set(key, window);
    return window;
  }
}

function shortened(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) =>
    [name, typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value]));
}
