/**
 * What happened to each device: when it came and went and why, what it subscribed to, what was refused. Kept in journals of the
 * store, so every gateway answers alike and a restart forgets nothing. Clients that were refused have a journal of their own:
 * whoever knows the name of a group could else push out what is known of real devices.
 */
import { parseClientId } from '../auth/client-id';
import type { InstanceView } from '../auth/instance-view';
import { EVENTS, type EventLogger, type EventName } from '../events';
import type { JournalBounds, Store } from '../store/contract';
import { JournalWriter } from './journal-writer';

const DAY_SECONDS = 86_400;
export const DEVICE_TRACE_SECONDS = 7 * DAY_SECONDS;

export const DEVICE_JOURNAL = 'device';
export const REFUSED_JOURNAL = 'refused-device';

const DEVICE_BOUNDS: JournalBounds = { perKey: 100, notes: 50_000, seconds: DEVICE_TRACE_SECONDS };
const REFUSED_BOUNDS: JournalBounds = { perKey: 20, notes: 5_000, seconds: DEVICE_TRACE_SECONDS };
const DEVICE_NOTES_PER_SECOND = 1_000;
const REFUSED_NOTES_PER_SECOND = 20;
/** Filters, topics and reasons may be long. */
const LONGEST_TEXT = 256;

/** Those that are about one device and tell a person something. */
const TRACED: ReadonlySet<EventName> = new Set<EventName>([
  EVENTS.clientConnected, EVENTS.clientDisconnected, EVENTS.clientTakenOver, EVENTS.clientKicked, EVENTS.clientSubscribed, EVENTS.clientUnsubscribed,
  EVENTS.publishRefused, EVENTS.subscribeRefused, EVENTS.willRefused, EVENTS.tokenReplaced, EVENTS.tokenInvalid, EVENTS.deviceRevoked, EVENTS.sessionReaped,
]);

export interface DeviceEvent {
  readonly event: string;
  readonly gatewayId: string;
  /** As the event has them in the log. */
  readonly [field: string]: unknown;
}

export interface DeviceTraceOptions {
  readonly store: Store;
  readonly logger: EventLogger;
  readonly gatewayId: string;
  isPlausible(clientId: string): boolean;
}

export class DeviceTrace {
  private readonly devices: JournalWriter;
  private readonly refused: JournalWriter;

  constructor(private readonly options: DeviceTraceOptions) {
    const { store, logger } = options;
    this.devices = new JournalWriter({ store, logger, journal: DEVICE_JOURNAL, bounds: DEVICE_BOUNDS, perSecond: DEVICE_NOTES_PER_SECOND });
    this.refused = new JournalWriter({ store, logger, journal: REFUSED_JOURNAL, bounds: REFUSED_BOUNDS, perSecond: REFUSED_NOTES_PER_SECOND });
  }

  start(): void {
    this.devices.start();
    this.refused.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.devices.stop(), this.refused.stop()]);
  }

  /** Any event; what is about no device is passed over. */
  record(event: EventName, { clientId, ...fields }: { readonly [name: string]: unknown }): void {
    const writer = event === EVENTS.connectRefused ? this.refused : TRACED.has(event) ? this.devices : null;
    if (writer === null || typeof clientId !== 'string' || clientId === '') return;
    if (writer === this.refused && !this.options.isPlausible(clientId)) return;
    const told: DeviceEvent = { event, gatewayId: this.options.gatewayId, ...shortened(fields) };
    writer.note({ key: clientId, at: Date.now(), value: JSON.stringify(told) });
  }
}

/** Whether a client of this Client ID could be let in: nobody asks for the others. */
export function mayExist(view: InstanceView, clientId: string): boolean {
  return clientId.length <= LONGEST_TEXT && (view.admission.mode === 'open' || view.hasGroup(parseClientId(clientId)?.group ?? ''));
}

function shortened(fields: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } {
  const short: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(fields)) short[name] = typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  return short;
}
