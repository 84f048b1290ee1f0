/** Clients: query one or many, list who is online by group and topic, close a connection. The same on every gateway. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Type, type Static } from '@sinclair/typebox';
import { parseClientId } from '../auth/client-id';
import { KICK_KIND, type Located } from '../presence/presence';
import type { StoredSession } from '../store/contract';
import { FencedError } from '../store/errors';
import type { Caller, Serving } from './context';
import { owns } from './groups';
import { online, onlineOwner } from './online';
import { operation } from './operation';
import { ProblemError } from './problem';
import { count, filled, milliseconds, nullable, qos, strict } from './schemas';

/** Far enough to tell a person how far behind a client is; counting more would read more. */
const BACKLOG_MESSAGES = 100;
const KICK_PATIENCE_MS = 5_000;
const LOOK_MS = 50;

const located = {
  gatewayId: nullable(filled),
  address: nullable(filled),
  listener: nullable(filled),
  connectedAt: nullable(milliseconds),
  lastActivityAt: nullable(Type.Integer({ minimum: 0, description: 'milliseconds since 1970, at most half a minute old' })),
};

const client = Type.Object({
  clientId: filled, group: nullable(filled), online: Type.Boolean(), ...located,
  stored: Type.Boolean({ description: 'a persistent session, which is kept while the client is away' }),
  subscriptions: Type.Array(Type.Object({ filter: filled, qos })),
  inFlight: count,
  backlog: nullable(Type.Object({ messages: count, more: Type.Boolean() }, { description: `what waits for it, counted up to ${BACKLOG_MESSAGES}; null: not asked for, or not stored` })),
}, { $id: 'Client' });

const present = Type.Object({ clientId: filled, group: nullable(filled), ...located }, { $id: 'OnlineClient' });
const counted = Type.Object({ name: filled, online: count });
const clientIdParameter = Type.Object({ clientId: filled });

export type ClientAnswer = Static<typeof client>;
export type OnlineClient = Static<typeof present>;

export const clientOperations = [
  operation({
    id: 'getClient', method: 'GET', path: '/clients/{clientId}', tag: 'clients', summary: 'A session: where it is connected, its subscriptions, and what waits for it',
    params: clientIdParameter, status: 200, response: client, problems: ['session-unknown', 'account-denied'],
    async handle({ params: { clientId }, caller, serving }) {
      mayAsk(serving, caller, clientId);
      const [found] = await describe(serving, [clientId], true);
      if (found === undefined) throw new ProblemError('session-unknown');
      return found;
    },
  }),
  operation({
    id: 'queryClients', method: 'POST', path: '/clients/query', tag: 'clients', summary: 'Many sessions at once; those that are not there are left out', changes: false,
    body: Type.Object({ clientIds: Type.Array(filled, { minItems: 1, maxItems: 100 }) }, strict), status: 200, response: Type.Object({ clients: Type.Array(client) }), problems: ['account-denied'],
    async handle({ body: { clientIds }, caller, serving }) {
      for (const clientId of clientIds) mayAsk(serving, caller, clientId);
      return { clients: await describe(serving, [...new Set(clientIds)], false) };
    },
  }),
  operation({
    id: 'listClients', method: 'GET', path: '/clients', tag: 'clients', summary: 'Clients that are online, by Client ID: of a group, with a subscription under a parent topic, or all',
    query: Type.Object({ group: Type.Optional(filled), topic: Type.Optional(filled), after: Type.Optional(filled), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })) }, strict),
    status: 200, response: Type.Object({ clients: Type.Array(present), total: count, next: nullable(filled) }), problems: ['group-not-found', 'topic-unknown', 'account-denied'],
    async handle({ query: { group, topic, after, limit = 100 }, caller, serving }) {
      const { view } = serving;
      if (group !== undefined) {
        const known = view.groups.get(group);
        if (!known) throw new ProblemError('group-not-found');
        if (!owns(caller, known)) throw new ProblemError('account-denied', { allowed: 'groups of this account' });
      }
      if (topic !== undefined && !view.hasTopic(topic)) throw new ProblemError('topic-unknown');
      const all = (await visible(serving, caller)).filter((each) => (group === undefined || each.group === group) && (topic === undefined || each.logs.includes(topic)))
        .sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
      const from = after === undefined ? all : all.filter(({ clientId }) => clientId > after);
      const page = from.slice(0, limit);
      return { clients: page.map(shown), total: all.length, next: from.length > page.length ? page.at(-1)!.clientId : null };
    },
  }),
  operation({
    id: 'countOnline', method: 'GET', path: '/online', tag: 'clients', summary: 'How many clients are online: in all, by group, and by the parent topics that they subscribe to',
    status: 200, response: Type.Object({ total: count, groups: Type.Array(counted), topics: Type.Array(counted) }), problems: [],
    async handle({ caller, serving }) {
      const { view } = serving;
      const all = await visible(serving, caller);
      const [ofGroup, ofTopic] = [new Map<string | null, number>(), new Map<string, number>()];
      for (const { group, logs } of all) {
        ofGroup.set(group, (ofGroup.get(group) ?? 0) + 1);
        for (const log of logs) ofTopic.set(log, (ofTopic.get(log) ?? 0) + 1);
      }
      return {
        total: all.length,
        groups: [...view.groups.values()].filter((each) => owns(caller, each)).map(({ name }) => ({ name, online: ofGroup.get(name) ?? 0 })),
        topics: [...view.topics.keys()].map((name) => ({ name, online: ofTopic.get(name) ?? 0 })),
      };
    },
  }),
  operation({
    id: 'closeConnection', method: 'DELETE', path: '/clients/{clientId}/connection', tag: 'clients', summary: 'Closes the connection of a client, on whichever gateway it is; a stored session stays, and the client may come back',
    params: clientIdParameter, status: 200, response: Type.Object({ closed: Type.Boolean({ description: 'false: its gateway was told, and has not done it yet' }) }),
    problems: ['session-unknown', 'client-offline', 'account-denied'],
    async handle({ params: { clientId }, caller, serving }) {
      mayAsk(serving, caller, clientId);
      const { store, broker } = serving;
      const before = await store.readSession(clientId);
      if (before === null) throw new ProblemError('session-unknown');
      if (await onlineOwner(serving, before) === null) throw new ProblemError('client-offline');
      if (!broker.kick(clientId)) await store.putRecord({ kind: KICK_KIND, id: clientId, value: '{}', expectedVersion: null, expiresAt: Date.now() + 60_000, priority: 'vital' });
      for (const end = Date.now() + KICK_PATIENCE_MS; Date.now() < end; await sleep(LOOK_MS)) {
        const now = await store.readSession(clientId);
        if (now === null || now.owner === null || now.session.epoch !== before.session.epoch) return { closed: true };
      }
      return { closed: false };
    },
  }),
];

/** A sub-account asks for clients of its own groups. Whether such a client is there tells nobody else. */
export function mayAsk(serving: Serving, caller: Caller, clientId: string): void {
  if (!mayKnow(serving, caller, clientId)) throw new ProblemError('account-denied', { allowed: 'clients of groups of this account' });
}

export function mayKnow({ view }: Serving, caller: Caller, clientId: string): boolean {
  if (caller.main) return true;
  const group = view.groups.get(parseClientId(clientId)?.group ?? '');
  return group !== undefined && owns(caller, group);
}

async function visible(serving: Serving, caller: Caller): Promise<Located[]> {
  const { groups } = serving.view;
  return [...(await online(serving)).values()].filter(({ group }) => caller.main || (group !== null && groups.has(group) && owns(caller, groups.get(group)!)));
}

async function describe(serving: Serving, clientIds: readonly string[], backlog: boolean): Promise<Static<typeof client>[]> {
  const [sessions, where] = await Promise.all([Promise.all(clientIds.map((clientId) => serving.store.readSession(clientId))), online(serving, clientIds)]);
  const described = sessions.map(async (session): Promise<Static<typeof client> | null> => {
    if (session === null) return null;
    const { session: { clientId }, cleanSession, subscriptions, progress } = session;
    const owner = await onlineOwner(serving, session);
    const found = where.get(clientId);
    return {
      clientId, group: groupOf(serving, clientId), online: owner !== null, ...place(owner, found?.gatewayId === owner ? found : undefined),
      stored: !cleanSession, subscriptions: subscriptions.map(({ filter, qos: level }) => ({ filter, qos: level })).sort((a, b) => (a.filter < b.filter ? -1 : 1)),
      inFlight: progress.inflight.length, backlog: backlog && !cleanSession ? await backlogOf(serving, session) : null,
    };
  });
  return (await Promise.all(described)).filter((each) => each !== null);
}

async function backlogOf({ store }: Serving, { session, progress }: StoredSession): Promise<{ messages: number; more: boolean } | null> {
  try {
    const { messages, complete } = await store.readMissed(session, progress.cursor, await store.lastId(), BACKLOG_MESSAGES);
    const done = new Set([...progress.acknowledged, ...progress.inflight.map(({ id }) => id)]);
    return { messages: messages.filter(({ message }) => !done.has(message.id)).length, more: !complete };
  } catch (error) {
    if (error instanceof FencedError) return null; // it connected anew meanwhile
    throw error;
  }
}

function shown(each: Located): Static<typeof present> {
  return { clientId: each.clientId, group: each.group, ...place(each.gatewayId, each) };
}

function place(gatewayId: string | null, found: Located | undefined) {
  return {
    gatewayId, address: found?.address ?? null, listener: found?.listener ?? null, connectedAt: found?.connectedAt ?? null, lastActivityAt: found?.lastActivityAt ?? null,
  };
}

function groupOf({ view }: Serving, clientId: string): string | null {
  const group = parseClientId(clientId)?.group;
  return group !== undefined && view.hasGroup(group) ? group : null;
}
