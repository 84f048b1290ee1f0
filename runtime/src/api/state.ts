/** How an instance does, in two words: what the overviews of other instances of its region show. Nobody has to sign for it. */
import { Type, type Static } from '@sinclair/typebox';
import { Recent } from '../trace/recent';
import type { GatewayRecord, Store } from '../store/contract';
import { openOperation } from './operation';
import { filled } from './schemas';

export const STATES = ['running', 'degraded', 'down'] as const;

const instanceState = Type.Object({
  instanceId: filled,
  state: Type.Union(STATES.map((name) => Type.Literal(name)), { description: 'running: every gateway is ready; degraded: some are; down: none is' }),
  alarms: Type.Integer({ minimum: 0, description: 'that stand' }),
}, { $id: 'InstanceState' });

export type InstanceStateAnswer = Static<typeof instanceState>;

/** Whoever asks again and again reads the store no more often. */
const SHARED_MS = 2_000;
const records = new WeakMap<Store, Recent<'gateways', readonly GatewayRecord[]>>();

export const stateOperations = [
  openOperation({
    id: 'getState', method: 'GET', path: '/state', tag: 'instance', summary: 'Whether the gateways of the instance are ready, and how many alarms stand; needs no signature', anonymous: true,
    status: 200, response: instanceState, problems: [],
    async handle({ serving: { view, store, broker } }): Promise<InstanceStateAnswer> {
      const recent = records.get(store) ?? new Recent(SHARED_MS, 1);
      records.set(store, recent);
      const gateways = (await recent.get('gateways', () => store.gateways())).filter(({ instanceId }) => instanceId === view.instanceId);
      const ready = gateways.filter((each) => each.ready).length;
      return { instanceId: view.instanceId, state: ready === 0 ? 'down' : ready < gateways.length ? 'degraded' : 'running', alarms: broker.quota.status().alarms.length };
    },
  }),
];
