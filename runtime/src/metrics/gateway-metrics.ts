/**
 * The metrics of one gateway process, as docs/metrics.md lists them. Nothing here is on a message's way: every value is read
 * when somebody scrapes. No label grows with clients or topics: parent topics are bounded (L4), reasons are codes.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { version } from '../../package.json';
import type { GatewayStatus } from '../gateway/status';
import type { BrokerMeasures } from '../mqtt/measures';
import { ALARM_NAMES } from '../quota/alarms';
import type { QuotaState } from '../quota/state';
import type { Store, StoreStatistics } from '../store/contract';
import { CONSUMER, FIELDS, PRODUCER } from '../usage/meter';
import { within } from '../within';
import { family, type Sample } from './family';
import type { Meters } from './meters';

export interface MetricSources {
  readonly meters: Meters;
  readonly store: Pick<Store, 'availability' | 'statistics' | 'lastId'>;
  /** Of several: its number. */
  readonly worker?: number | undefined;
  status(): GatewayStatus;
  /** null: not started. */
  broker(): { readonly quota: { status(): QuotaState }; measures(): BrokerMeasures } | null;
}

const MEASURES = ['tps', 'connections', 'subscriptions'] as const;
/** A store that is slow must not keep a scrape from what this process knows. */
const STORE_PATIENCE_MS = 2_000;
const MICROSECONDS = 1_000_000;

export function gatewayMetrics(sources: MetricSources): Registry {
  const { meters, store } = sources;
  const registry = new Registry();
  if (sources.worker !== undefined) registry.setDefaultLabels({ worker: String(sources.worker) });
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => Sample[] | Promise<Sample[]>): void => family(registry, 'gauge', name, help, read);
  const counter = (name: string, help: string, read: () => Sample[] | Promise<Sample[]>): void => family(registry, 'counter', name, help, read);
  const quota = (): QuotaState | null => sources.broker()?.quota.status() ?? null;
  const ofQuota = (read: (state: QuotaState) => number) => (): Sample[] => only(quota(), (state) => [[{}, read(state)]]);
  const ofBroker = (read: (measures: BrokerMeasures) => number) => (): Sample[] => only(sources.broker(), (broker) => [[{}, read(broker.measures())]]);
  const byTopic = (slot: number, field: number) => (): Sample[] => [...meters.usage.totals()].flatMap(([topic, counts]) =>
    [0, 1, 2].map((qos): Sample => [{ topic, qos }, counts[(slot + qos) * FIELDS + field]!]));

  gauge('build_info', 'The version that runs; always 1.', () => [[{ version }, 1]]);
  gauge('ready', '1 while the gateway takes connections, as /readyz says.', () => [[{}, Number(sources.status().ready)]]);

  counter('messages_received_total', 'Messages that clients and the control API published.', byTopic(PRODUCER, 0));
  counter('messages_sent_total', 'Messages that were sent to clients.', byTopic(CONSUMER, 0));
  counter('payload_received_bytes_total', 'Payload of the messages received.', byTopic(PRODUCER, 1));
  counter('payload_sent_bytes_total', 'Payload of the messages sent.', byTopic(CONSUMER, 1));
  counter('weighted_messages_total', 'Messages as they count towards TPS, by QoS and session (E4).', () => only(quota(), ({ totals }) => [
    [{ direction: 'received' }, totals.receivedWeight], [{ direction: 'sent' }, totals.sentWeight],
  ]));
  counter('events_total', 'Events by name and reason: connections, refusals, takeovers, whatever the log tells.',
    () => [...meters.events.list()].map(({ event, reason, count }): Sample => [{ event, reason }, count]));

  gauge('connections', 'Clients that are connected.', ofQuota(({ gateway }) => gateway.connections));
  gauge('connections_unadmitted', 'Connections whose CONNECT is not accepted yet.', ofBroker(({ unadmitted }) => unadmitted));
  gauge('subscriptions', 'Subscriptions of the connected clients: client x filter.', ofQuota(({ gateway }) => gateway.subscriptions));
  gauge('sessions', 'Sessions of the connected clients.', () => only(sources.broker(), (broker) => {
    const { cleanSessions, persistentSessions } = broker.measures();
    return [[{ kind: 'clean' }, cleanSessions], [{ kind: 'persistent' }, persistentSessions]];
  }));
  gauge('delivery_queue_messages', 'Messages that wait in memory for connected clients.', ofBroker(({ deliveryQueue }) => deliveryQueue));
  gauge('held_publishers', 'Clients whose socket is not read because what they published waits for the store.', ofBroker(({ heldPublishers }) => heldPublishers));
  counter('skipped_messages_total', 'Messages that retention removed before their session came back for them.', () => [[{}, meters.skippedMessages]]);

  gauge('store_available', '1 while the store can be reached.', () => [[{}, Number(store.availability.available)]]);
  family(registry, 'histogram', 'append_seconds', 'From handing a batch of messages to the store to its answer.', () => meters.appends.samples());
  gauge('append_queue_messages', 'Messages that wait for the store, or for its answer.', ofBroker(({ appendMessages }) => appendMessages));
  gauge('append_queue_bytes', 'Payload of the same.', ofBroker(({ appendBytes }) => appendBytes));
  gauge('tail_lag_seconds', 'Age of what the store has and this gateway has not routed yet: newest Message ID less the last routed one.', async () => {
    const broker = sources.broker();
    const last = broker === null ? null : await fromStore(() => store.lastId());
    return last === null ? [] : [[{}, Math.max(0, last - broker!.measures().routed) / MICROSECONDS]];
  });
  const statistics = shared(() => fromStore(() => store.statistics()));
  const ofStore = (read: (statistics: StoreStatistics) => number | null | undefined) => async (): Promise<Sample[]> => {
    const found = await statistics();
    const value = found === null ? undefined : read(found);
    return value === undefined || value === null ? [] : [[{}, value]];
  };
  gauge('stored_messages', 'Messages in the store, of the whole storage.', ofStore(({ messages }) => messages));
  gauge('stored_payload_bytes', 'Payload in the store, of the whole storage.', ofStore(({ payloadBytes }) => payloadBytes));
  gauge('store_used_bytes', 'Memory, or disk, that the store uses.', ofStore(({ usedBytes }) => usedBytes));
  gauge('store_limit_bytes', 'Bound of the same; absent: none.', ofStore(({ limitBytes }) => limitBytes));
  counter('trimmed_messages_total', 'Messages that the cap on stored messages removed (T5).', ofQuota(({ totals }) => totals.trimmedMessages));

  gauge('tps', 'Weighted messages a second of this gateway, in and out, mean of five seconds (E4).', ofQuota(({ gateway }) => gateway.tps));
  gauge('spec', 'What the instance is declared for.', () => only(quota(), ({ spec }) => MEASURES.map((measure): Sample => [{ measure }, spec[measure]])));
  gauge('alarm_threshold', 'From which value of the instance an alarm is raised (E3).',
    () => only(quota(), ({ thresholds }) => MEASURES.map((measure): Sample => [{ measure }, thresholds[measure]])));
  gauge('alarm_active', '1 while the alarm of the instance stands.',
    () => only(quota(), ({ alarms }) => ALARM_NAMES.map((name): Sample => [{ alarm: name }, Number(alarms.some(({ alarm }) => alarm === name))])));
  gauge('throttled', '1 while messages wait for their turn under the TPS ceiling (E5).', ofQuota(({ throttle }) => Number(throttle.since !== null)));
  gauge('throttle_waiting_clients', 'Clients whose messages wait for their turn.', ofQuota(({ throttle }) => throttle.waiting));
  counter('throttles_total', 'How often throttling began.', ofQuota(({ totals }) => totals.throttles));
  return registry;

  async function fromStore<T>(read: () => Promise<T>): Promise<T | null> {
    if (!store.availability.available) return null;
    const end = await within(STORE_PATIENCE_MS, read().catch(() => null));
    return end.late ? null : end.value;
  }
}

function only<T, R>(value: T | null, read: (value: T) => R[]): R[] {
  return value === null ? [] : read(value);
}

/** One call for all that ask in the same scrape. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let under: Promise<T> | null = null;
  return () => under ??= read().finally(() => { under = null; });
}
