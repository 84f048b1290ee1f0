import { expect, it } from 'vitest';
import { compileInstanceView } from '../auth/instance-view';
import { NoneStore } from '../store/none/none-store';
import { instanceManifest, secrets, storageManifest } from '../testing/documents';
import { clientOperations } from './clients';

interface Counted { total: number; groups: { online: number }[]; topics: { online: number }[] }

it('counts who is online in one pass, however many topics and groups there are', async () => {
  const store = new NoneStore();
  await store.open();
  const view = compileInstanceView({ revision: 1, instance: instanceManifest(), storage: storageManifest(), secrets: secrets() });
  const [topic] = view.topics.keys();
  /** Searches in what a client subscribes to. */
  let looks = 0;
  const logs = Object.assign([topic!], { includes: (name: string) => { looks++; return name === topic; } });
  const [group] = view.groups.keys();
  const present = ['a', 'b'].map((name) => ({ clientId: `${group}@@@${name}`, group: group!, address: '', listener: 'tcp', connectedAt: 0, lastActivityAt: 0, logs }));
  const countOnline = clientOperations.find(({ id }) => id === 'countOnline')!;
  const answer = await countOnline.handle({ caller: { main: true }, serving: { store, view, broker: { gatewayId: 'this', present: () => present } } } as never) as Counted;
  expect([answer.total, answer.groups.find(({ online }) => online > 0), answer.topics.find(({ online }) => online > 0)]).toEqual([2, { name: group, online: 2 }, { name: topic, online: 2 }]);
  expect([answer.groups.length, answer.topics.length]).toEqual([view.groups.size, view.topics.size]);
  expect(looks).toBe(0);
});
