/** Reports: what was used of the instance over time, and how many clients were connected (E4). The same on every gateway. */
import { Type, type Static } from '@sinclair/typebox';
import { isValidFilter } from '../topics/match';
import { connectionsReport, rangeOf, usageReport, type Range } from '../usage/reports';
import { operation } from './operation';
import { ProblemError } from './problem';
import { count, filled, milliseconds, nullable, strict } from './schemas';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const asked = {
  from: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 43, description: 'milliseconds since 1970; 3 hours before `to` when left out. Reports reach back a day' })),
  to: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 43, description: 'milliseconds since 1970; now when left out' })),
  step: Type.Optional(Type.Integer({
    minimum: MINUTE_MS, maximum: DAY_MS, multipleOf: MINUTE_MS,
    description: 'milliseconds between points, whole minutes; a minute up to 3 hours, 5 minutes up to 12 hours, then 10 minutes when left out',
  })),
};
const answered = {
  from: Type.Integer({ minimum: 0, description: 'begin of the first point' }),
  to: Type.Integer({ minimum: 0, description: 'end of the last point: everything before it has been written, up to 12 seconds ago' }),
  step: Type.Integer({ minimum: MINUTE_MS, description: 'that was taken: usage of more than 3 hours ago is kept in steps of 5 minutes' }),
};

const sums = {
  messages: count,
  bytes: Type.Integer({ minimum: 0, description: 'payload' }),
  weighted: Type.Integer({ minimum: 0, description: 'messages as they count towards TPS (E4)' }),
};

const usage = Type.Object({
  ...answered,
  total: Type.Object(sums),
  points: Type.Array(Type.Object({ at: milliseconds, messages: count, bytes: count, tps: Type.Number({ minimum: 0, description: 'weighted messages a second, mean of the step (E4)' }) })),
  topics: Type.Array(Type.Object({
    topic: filled, ...sums,
    subTopic: nullable(Type.String({ description: 'empty: the parent topic itself; null: those that are not told by name, and P2P' })),
  }), { description: 'what the total is made of, the most used first' }),
}, { $id: 'UsageReport' });

const connections = Type.Object({
  ...answered,
  points: Type.Array(Type.Object({
    at: milliseconds,
    connections: Type.Integer({ minimum: 0, description: 'sampled every minute; of a longer step the highest' }),
    subscriptions: Type.Integer({ minimum: 0, description: 'the highest of five minutes' }),
  })),
}, { $id: 'ConnectionsReport' });

export type UsageAnswer = Static<typeof usage>;
export type ConnectionsAnswer = Static<typeof connections>;

export const reportOperations = [
  operation({
    id: 'reportUsage', method: 'GET', path: '/reports/usage', tag: 'reports', summary: 'Messages, payload and TPS over time, of those who publish or of those who receive; by parent topic, sub topic, QoS and type',
    query: Type.Object({
      ...asked,
      side: Type.Optional(Type.Union([Type.Literal('producer'), Type.Literal('consumer')], { description: 'messages that were published, or that were sent to clients; producer when left out' })),
      topic: Type.Optional(Type.String({ minLength: 1, description: 'parent topic' })),
      subTopic: Type.Optional(Type.String({ description: 'below `topic`; `+` and `#` are allowed. Only those that are told by name are found' })),
      qos: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 })),
      type: Type.Optional(Type.Union([Type.Literal('normal'), Type.Literal('p2p')])),
    }, strict),
    status: 200, response: usage, problems: ['topic-unknown', 'filter-malformed'],
    async handle({ query: { side = 'producer', topic, subTopic, qos, type, ...times }, serving }) {
      const range = ranged(times, 'recent minutes');
      if (subTopic !== undefined && topic === undefined) throw new ProblemError('request-malformed', { allowed: 'subTopic together with topic', fix: 'add the parent topic' });
      if (subTopic !== undefined && subTopic !== '' && !isValidFilter(subTopic)) throw new ProblemError('filter-malformed');
      const report = await usageReport(serving.usage, range, { side, topic, subTopic, qos: qos as 0 | 1 | 2 | undefined, type });
      // one that was deleted is reported on for as long as it was used
      if (topic !== undefined && report.topics.length === 0 && !serving.view.hasTopic(topic)) throw new ProblemError('topic-unknown');
      return { ...range, ...report };
    },
  }),
  operation({
    id: 'reportConnections', method: 'GET', path: '/reports/connections', tag: 'reports', summary: 'Connections and subscriptions over time, of all gateways together',
    query: Type.Object(asked, strict), status: 200, response: connections, problems: [],
    async handle({ query, serving }) {
      const range = ranged(query, 'minutes');
      return { ...range, points: await connectionsReport(serving.usage, range) };
    },
  }),
];

function ranged(times: { from?: number; to?: number; step?: number }, finest: 'minutes' | 'recent minutes'): Range {
  const range = rangeOf(times, Date.now(), finest);
  if (range === null) throw new ProblemError('request-malformed', { allowed: 'from before to, within the last day and at least 12 seconds ago', fix: 'leave both out for the last 3 hours' });
  return range;
}
