import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { MessageId, Share, ShareSettlement, Store, StoredMessage } from '../store/contract';
import { ShareDispatcher, type ShareMember } from './share-dispatcher';

const share: Share = { log: 'demo', name: 's', filter: 'demo/#' };

function setting(members: (Partial<ShareMember> & { readonly taken?: MessageId[] })[]) {
  const queue = [1, 2, 3].map((id) => ({ id, log: 'demo', topic: `demo/${id}`, qos: 1, payload: Buffer.of(1) }) as unknown as StoredMessage);
  const limits: number[] = [];
  const settled: ShareSettlement[] = [];
  const store = {
    claimShared: async (_share: Share, _gatewayId: string, limit: number) => { limits.push(limit); return queue.splice(0, limit); },
    settleShared: async (_share: Share, _gatewayId: string, settlement: ShareSettlement) => { settled.push(settlement); },
  } as unknown as Store;
  const dispatcher = new ShareDispatcher(share, { store, gatewayId: 'g', report: () => undefined });
  for (const { taken, ...more } of members) {
    dispatcher.join({
      clientId: 'c', closed: false, capacity: 5, mayRead: () => true, mayTake: () => true,
      offerShared: (_outgoing, _qos, _settle, { id }) => taken?.push(id), ...more,
    }, 1);
  }
  return { limits, settled, queue };
}

const turns = async (): Promise<void> => { for (let n = 0; n < 10; n++) await turn(); };

describe('A5 members of a share without the right', () => {
  it('claim nothing where nobody else is, so that members elsewhere get it', async () => {
    const { limits, queue, settled } = setting([{ mayRead: () => false, mayTake: () => false }]);
    await turns();
    expect([limits, queue.length, settled]).toEqual([[], 3, []]);
  });

  it('count for nothing beside others', async () => {
    const [without, other]: MessageId[][] = [[], []];
    const { limits } = setting([{ mayRead: () => false, mayTake: () => false, taken: without }, { taken: other }]);
    await turns();
    expect([limits[0], without, other]).toEqual([5, [], [1, 2, 3]]);
  });

  it('who lost it while a claim was under way gives it back', async () => {
    let asked = 0;
    const { settled } = setting([{ mayRead: () => asked++ === 0, capacity: 2 }]);
    await turns();
    expect(settled).toEqual([{ done: [], released: [1, 2] }]);
  });

  it('A2 what no reader here may have under its tokens is passed over', async () => {
    const taken: MessageId[] = [];
    const { settled } = setting([{ mayTake: ({ id }) => id !== 2, taken }]);
    await turns();
    expect([taken, settled]).toEqual([[1, 3], [{ done: [2], released: [] }]]);
  });
});
