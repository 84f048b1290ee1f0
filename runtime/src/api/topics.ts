/** Parent topics: list, make, delete (I4, I5, N2, L4). */
import { Type, type Static } from '@sinclair/typebox';
import type { TopicDeclaration } from '../../../lib/manifest/manifest';
import { checkTopic } from '../../../lib/rules/declarations';
import type { MadeTopic } from '../store/contract';
import { changeMade, withoutTopic, withTopic } from './made';
import { operation } from './operation';
import { refuseFindings } from './problem';
import { count, createdAt, filled, nothing, nullable, strict, text, topicOrigin } from './schemas';

const type = Type.Union([Type.Literal('normal'), Type.Literal('partition-ordered'), Type.Literal('global-ordered')]);
const permission = Type.Union([Type.Literal('publish'), Type.Literal('subscribe'), Type.Literal('publish-and-subscribe')]);
const removalPolicy = Type.Union([Type.Literal('retain'), Type.Literal('destroy')]);

const topic = Type.Object({
  name: filled, type, permission, remark: text, removalPolicy, origin: topicOrigin,
  account: nullable(Type.String({ description: 'that made it; null: declared, or made on the storage side' })),
  createdAt,
}, { $id: 'Topic' });

const listed = Type.Composite([topic, Type.Object({
  storedMessages: count,
  storedBytes: count,
})], { $id: 'ListedTopic' });

export type ListedTopic = Static<typeof listed>;

const newTopic = Type.Object({
  name: filled,
  type: Type.Optional(type),
  permission: Type.Optional(permission),
  remark: Type.Optional(text),
  removalPolicy: Type.Optional(removalPolicy),
}, strict);

export const topicOperations = [
  operation({
    id: 'listTopics', method: 'GET', path: '/topics', tag: 'topics', summary: 'Parent topics with what the storage holds of them',
    status: 200, response: Type.Object({ topics: Type.Array(listed) }), problems: [],
    async handle({ serving: { view, store } }) {
      const { perLog, bytesPerLog } = await store.statistics();
      const of = (figures: { readonly [log: string]: number }, name: string): number => (Object.hasOwn(figures, name) ? figures[name]! : 0);
      const made = madeByName(view.made.topics);
      return {
        topics: [...view.topics.values()].map((each) => ({ ...shown(each, made.get(each.name), view.declaredSince.topics.get(each.name)), storedMessages: of(perLog, each.name), storedBytes: of(bytesPerLog, each.name) }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      };
    },
  }),
  operation({
    id: 'createTopic', method: 'POST', path: '/topics', tag: 'topics', summary: 'Makes a parent topic, whose origin is `api`: no deploy touches it; declaring one of its name adopts it with its messages',
    body: newTopic, status: 201, response: topic, problems: ['topic-exists', 'rule-broken', 'documents-contended'],
    async handle({ body, caller, serving }) {
      const asked: MadeTopic = {
        name: body.name, type: body.type ?? 'normal', permission: body.permission ?? 'publish-and-subscribe', remark: body.remark ?? '', removalPolicy: body.removalPolicy ?? 'retain',
        account: caller.account, createdAt: Date.now(),
      };
      refuseFindings(checkTopic(asked)); // N2, N4
      await changeMade(serving, (made, documents) => withTopic(made, documents, asked));
      return shown(asked, asked);
    },
  }),
  operation({
    id: 'deleteTopic', method: 'DELETE', path: '/topics/{name}', tag: 'topics', summary: 'Deletes a parent topic that no program declares: it closes at once, its messages go with retention, or at once when its removal policy says destroy',
    params: Type.Object({ name: filled }), status: 200, response: nothing, problems: ['topic-unknown', 'topic-declared', 'account-denied', 'documents-contended'],
    async handle({ params: { name }, caller, serving }) {
      await changeMade(serving, (made, documents) => withoutTopic(made, documents, name, ({ account }) => caller.main || account === caller.account));
      return {};
    },
  }),
];

function shown({ name, type: kind, permission: allowed, remark, removalPolicy: policy }: TopicDeclaration, made: MadeTopic | undefined, declaredAt?: number): Static<typeof topic> {
  return { name, type: kind, permission: allowed, remark, removalPolicy: policy, origin: made ? made.origin ?? 'api' : 'declared', account: made?.account || null, createdAt: made?.createdAt ?? declaredAt ?? null };
}

function madeByName(topics: readonly MadeTopic[]): ReadonlyMap<string, MadeTopic> {
  return new Map(topics.map((each) => [each.name, each]));
}
