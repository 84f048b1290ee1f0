/** What happened to a device, and when it was online: read from the journals, the same on every gateway. */
import { Type, type Static } from '@sinclair/typebox';
import { EVENTS } from '../events';
import type { Store } from '../store/contract';
import { DEVICE_JOURNAL, DEVICE_TRACE_SECONDS, REFUSED_JOURNAL, type DeviceEvent } from '../trace/device-trace';
import { mayAsk } from './clients';
import { operation } from './operation';
import { filled, milliseconds, nullable, qos, strict, text } from './schemas';
import { range } from './stored-messages';

const detail = Type.Object({
  listener: Type.Optional(text),
  reason: Type.Optional(Type.String({ description: 'never changes' })),
  detail: Type.Optional(Type.String({ description: 'for people' })),
  returnCode: Type.Optional(Type.Integer({ description: 'of CONNACK' })),
  connectedAt: Type.Optional(milliseconds),
  cleanSession: Type.Optional(Type.Boolean()),
  protocolVersion: Type.Optional(Type.Integer()),
  filter: Type.Optional(text),
  qos: Type.Optional(qos),
  topic: Type.Optional(text),
  type: Type.Optional(Type.String({ description: 'of a token' })),
  tokenId: Type.Optional(text),
  expireTime: Type.Optional(milliseconds),
}, { additionalProperties: true });

const traced = Type.Object({
  at: milliseconds,
  event: Type.String({ description: 'such as client-connected, client-disconnected, publish-refused; never changes' }),
  address: nullable(filled),
  gatewayId: filled,
  detail,
}, { $id: 'DeviceEvent' });

const period = Type.Object({
  from: milliseconds,
  to: nullable(Type.Integer({ minimum: 0, description: 'milliseconds since 1970; null: still online, or its gateway died a moment ago' })),
  address: nullable(filled),
  listener: nullable(filled),
  gatewayId: filled,
  reason: nullable(Type.String({ description: 'for which it ended; gateway-lost: its gateway died, and `to` is when another one found that' })),
}, { $id: 'OnlinePeriod' });

export type DeviceEventAnswer = Static<typeof traced>;
export type OnlinePeriod = Static<typeof period>;

const clientIdParameter = Type.Object({ clientId: filled });
const query = Type.Object({
  ...range,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: '100 when left out' })),
  after: Type.Optional(Type.String({ pattern: '^\\d{1,16}-\\d{1,16}$', description: '`next` of the page before' })),
}, strict);

export const deviceTraceOperations = [
  operation({
    id: 'traceDevice', method: 'GET', path: '/traces/devices/{clientId}', tag: 'traces',
    summary: 'What happened to a device, newest first: it came, left and why, was taken over or closed, subscribed, was refused; the last of it, for a week at most',
    params: clientIdParameter, query, status: 200, response: Type.Object({ events: Type.Array(traced), next: nullable(filled) }), problems: ['account-denied'],
    async handle({ params: { clientId }, query: asked, caller, serving }) {
      mayAsk(serving, caller, clientId);
      const { page, next } = paged(await eventsOf(serving.store, clientId), asked);
      return { events: page.map(({ at, told }) => shown(at, told)), next };
    },
  }),
  operation({
    id: 'clientHistory', method: 'GET', path: '/clients/{clientId}/history', tag: 'clients', summary: 'When a client was online, newest first: each period with address and the reason for which it ended',
    params: clientIdParameter, query, status: 200, response: Type.Object({ periods: Type.Array(period), next: nullable(filled) }), problems: ['account-denied'],
    async handle({ params: { clientId }, query: asked, caller, serving }) {
      mayAsk(serving, caller, clientId);
      const { page, next } = paged(periodsOf(await eventsOf(serving.store, clientId)), asked);
      return { periods: page.map(({ value }) => value), next };
    },
  }),
];

/** Stands at a place among the others that a page can go on from. */
interface Placed { readonly at: number; readonly number: number }
interface Event extends Placed { readonly told: DeviceEvent }

/** Both journals, newest first. */
async function eventsOf({ journals }: Store, clientId: string): Promise<Event[]> {
  const oldest = Date.now() - DEVICE_TRACE_SECONDS * 1_000;
  const [known, refused] = await Promise.all([journals.read(DEVICE_JOURNAL, clientId), journals.read(REFUSED_JOURNAL, clientId)]);
  return [...known.entries, ...refused.entries].filter(({ at }) => at >= oldest)
    .map(({ at, number, value }) => ({ at, number, told: JSON.parse(value) as DeviceEvent })).sort(newestFirst);
}

function newestFirst(a: Placed, b: Placed): number {
  return b.at - a.at || b.number - a.number;
}

function paged<T extends Placed>(all: readonly T[], { from = 0, to = Infinity, after, limit = 100 }: Static<typeof query>): { page: T[]; next: string | null } {
  const [at, number] = (after ?? 'Infinity-Infinity').split('-').map(Number) as [number, number];
  const rest = all.filter((each) => each.at >= from && each.at <= to && newestFirst(each, { at, number }) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { page, next: rest.length > page.length && last ? `${last.at}-${last.number}` : null };
}

/** A disconnect tells when its connection began, so a period whose beginning was forgotten is whole all the same. */
function periodsOf(events: readonly Event[]): (Placed & { value: OnlinePeriod })[] {
  const periods: (Placed & { value: OnlinePeriod })[] = [];
  const ended = new Set<unknown>();
  /** When it was seen next, going back in time: a connection without an end had ended by then. */
  let later: number | null = null;
  for (const { at, number, told } of events) {
    const { event, gatewayId, connectedAt } = told;
    const connection = `${gatewayId} ${String(connectedAt)}`;
    const of = { address: textOr(told['address']), listener: textOr(told['listener']), gatewayId };
    if (event === EVENTS.clientDisconnected) {
      ended.add(connection);
      periods.push({ at, number, value: { from: Number(connectedAt), to: at, ...of, reason: textOr(told['reason']) } });
    } else if (event === EVENTS.sessionReaped) later = at;
    else if (event === EVENTS.clientConnected) {
      if (!ended.has(connection)) periods.push({ at, number, value: { from: Number(connectedAt), to: later, ...of, reason: later === null ? null : 'gateway-lost' } });
      later = at;
    }
  }
  return periods;
}

/** All that are known, newest first. */
export async function onlinePeriods(store: Store, clientId: string): Promise<OnlinePeriod[]> {
  return periodsOf(await eventsOf(store, clientId)).map(({ value }) => value);
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function shown(at: number, { event, gatewayId, address, ...more }: DeviceEvent): DeviceEventAnswer {
  return { at, event, gatewayId, address: textOr(address), detail: more as DeviceEventAnswer['detail'] };
}
