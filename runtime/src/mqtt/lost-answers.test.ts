/** What a gateway may do when the store says no, or says nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { MessageId, Share, Store, StoredMessage } from '../store/contract';
import { FencedError, StoreUnavailableError } from '../store/errors';
import { ProgressSaver, type Progressing } from './progress-saver';
import { ShareDispatcher, type ShareMember } from './share-dispatcher';

const share: Share = { log: 'demo', name: 's', filter: 'demo/#' };
const message = (id: number): StoredMessage => ({ id, log: 'demo', topic: 'demo/a', qos: 1, payload: Buffer.from('x'), cleanSession: true, clientId: 'p' });

describe('C1 T6 a session that somebody else owns', () => {
  it('is told so, and whoever waited for its progress must not send what the store refused', async () => {
    let told = 0;
    const session: Progressing = {
      key: { clientId: 'c', epoch: 1 }, closed: false, progress: () => ({ cursor: 0, acknowledged: [], inflight: [] }), taken: () => [], fenced: () => { told++; },
    };
    const saver = new ProgressSaver({ saveProgress: async () => [session.key] } as unknown as Store, 10_000);
    await expect(saver.saveNow(session)).rejects.toThrow(FencedError);
    expect(told).toBe(1);
    saver.stop();
  });

  it('is not taken for the session that the same client has opened since, on this gateway', async () => {
    const told: number[] = [];
    const session = (epoch: number): Progressing => ({
      key: { clientId: 'c', epoch }, closed: false, progress: () => ({ cursor: 0, acknowledged: [], inflight: [] }), taken: () => [], fenced: () => { told.push(epoch); },
    });
    const saves: number[][] = [];
    const saveProgress: Store['saveProgress'] = async (entries) => {
      saves.push(entries.map((entry) => entry.session.epoch));
      return entries.filter((entry) => entry.session.epoch === 1).map((entry) => entry.session);
    };
    const saver = new ProgressSaver({ saveProgress } as Store, 10_000);
    const [old, now] = await Promise.allSettled([saver.saveNow(session(1)), saver.saveNow(session(2))]);
    expect(saves).toEqual([[1, 2]]);
    expect([old, now]).toMatchObject([{ status: 'rejected', reason: expect.any(FencedError) }, { status: 'fulfilled' }]);
    expect(told).toEqual([1]);
    saver.stop();
  });
});

describe('T6 a claim whose answer was lost', () => {
  /** The first answer is lost; afterwards, what the store was told to be known. */
  function setting(capacity: number) {
    const calls: { limit: number; held: readonly MessageId[] | undefined }[] = [];
    const store = {
      claimShared: async (_share: Share, _gatewayId: string, limit: number, held?: readonly MessageId[]) => {
        calls.push({ limit, held });
        if (calls.length === 2) throw new StoreUnavailableError('no answer');
        return calls.length === 1 ? [message(7)] : [];
      },
      settleShared: async () => undefined,
    } as unknown as Store;
    const dispatcher = new ShareDispatcher(share, { store, gatewayId: 'g', report: () => undefined });
    const member: ShareMember = { clientId: 'c', closed: false, capacity, mayRead: () => true, mayTake: () => true, offerShared: () => undefined };
    dispatcher.join(member, 1);
    return { calls, dispatcher, member };
  }
  const until = async (done: () => boolean): Promise<void> => {
    for (let i = 0; !done(); i++) {
      if (i > 200) throw new Error('it did not happen');
      await sleep(20);
    }
  };

  it('is mended by the next one, which says what is known', async () => {
    const { calls, dispatcher, member } = setting(5);
    await until(() => calls.length === 1);
    await sleep(5);
    dispatcher.wake();
    await until(() => calls.length === 3);
    expect(calls[2]).toEqual({ limit: 5, held: [7] });
    dispatcher.leave(member);
  });

  it('is mended although its last member left while the answer was still waited for', async () => {
    const calls: { limit: number; held: readonly MessageId[] | undefined }[] = [];
    let fail: (error: Error) => void = () => undefined;
    const store = {
      claimShared: (_share: Share, _gatewayId: string, limit: number, held?: readonly MessageId[]) => {
        calls.push({ limit, held });
        return calls.length === 1 ? new Promise((_, reject) => { fail = reject; }) : Promise.resolve([]);
      },
      settleShared: async () => undefined,
    } as unknown as Store;
    const dispatcher = new ShareDispatcher(share, { store, gatewayId: 'g', report: () => undefined });
    const member: ShareMember = { clientId: 'c', closed: false, capacity: 5, mayRead: () => true, mayTake: () => true, offerShared: () => undefined };
    dispatcher.join(member, 1);
    await until(() => calls.length === 1);
    dispatcher.leave(member);
    const recovered = dispatcher.recover(() => false);
    fail(new StoreUnavailableError('no answer'));
    await recovered;
    expect(calls.slice(1)).toEqual([{ limit: 0, held: [] }]);
  });

  it('is mended although its last member left, unless somebody else does it', async () => {
    for (const replaced of [false, true]) {
      const { calls, dispatcher, member } = setting(5);
      await until(() => calls.length === 1);
      await sleep(5);
      dispatcher.wake();
      await until(() => calls.length === 2);
      dispatcher.leave(member);
      await sleep(5);
      await dispatcher.recover(() => replaced);
      expect(calls.slice(2)).toEqual(replaced ? [] : [{ limit: 0, held: [7] }]);
    }
  });
});
