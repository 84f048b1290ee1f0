import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageId, QoS, SessionKey, Share, Store } from '../contract';
import { matches } from '../../topics/match';
import { idOf, message, type Bench } from './bench';

/** What a share must do, with plain objects: who is a member, what waits, what was given back, and who has claimed what. */
interface ModelShare {
  readonly share: Share;
  readonly members: Set<string>;
  queue: MessageId[];
  givenBack: MessageId[];
  readonly claims: Map<string, MessageId[]>;
}

type Command =
  | { readonly kind: 'join' | 'leave'; readonly client: string; readonly share: number }
  | { readonly kind: 'publish'; readonly topics: readonly string[]; readonly qos: QoS }
  | { readonly kind: 'claim'; readonly gateway: number; readonly share: number; readonly limit: number }
  /** `forget`: it never got the answer of its last claims, and says what it knows: all but so many of the newest. */
  | { readonly kind: 'reclaim'; readonly gateway: number; readonly share: number; readonly limit: number; readonly forget: number }
  | { readonly kind: 'settle'; readonly gateway: number; readonly share: number; readonly done: number; readonly released: number }
  /** A member makes a message its own, with its progress. */
  | { readonly kind: 'take'; readonly gateway: number; readonly share: number; readonly client: string }
  | { readonly kind: 'die'; readonly gateway: number };

const CLIENTS = ['c1', 'c2', 'c3'];
const SHARES: readonly Share[] = [{ log: 'a', name: 's', filter: 'a/#' }, { log: 'a', name: 't', filter: 'a/x' }, { log: 'a', name: 's', filter: 'a/+' }];

const client = fc.constantFrom(...CLIENTS);
const share = fc.nat(SHARES.length - 1);
const gateway = fc.nat(1);
const limit = fc.integer({ min: 1, max: 4 });
const kind = <K extends string>(name: K) => fc.constant(name);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind('join'), client, share }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('leave'), client, share }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('publish'), topics: fc.array(fc.constantFrom('a', 'a/x', 'a/y', 'a/x/y', 'b/x'), { minLength: 1, maxLength: 5 }), qos: fc.constantFrom<QoS>(0, 1, 2) }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('claim'), gateway, share, limit }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('reclaim'), gateway, share, limit, forget: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('settle'), gateway, share, done: fc.nat(2), released: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('take'), gateway, share, client }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('die'), gateway }) },
);

class ShareModel {
  private readonly shares: readonly ModelShare[] = SHARES.map((one) => ({ share: one, members: new Set(), queue: [], givenBack: [], claims: new Map() }));
  private readonly lives = [0, 0];
  private readonly sessions = new Map<string, SessionKey>();
  private batch = 0;

  constructor(private readonly stores: readonly Store[]) {}

  async start(): Promise<void> {
    for (const clientId of CLIENTS) {
      const { epoch } = await this.stores[0]!.openSession({ clientId, cleanSession: false, gatewayId: 'owner' });
      this.sessions.set(clientId, { clientId, epoch });
    }
    for (const index of this.lives.keys()) await this.beat(index);
  }

  async run(step: Command): Promise<void> {
    if (step.kind === 'publish') return this.publish(step.topics, step.qos);
    if (step.kind === 'die') return this.die(step.gateway);
    const one = this.shares[step.share]!;
    switch (step.kind) {
      case 'join': return this.join(one, step.client);
      case 'leave': return this.leave(one, step.client);
      case 'claim': return this.claim(one, step.gateway, step.limit);
      case 'reclaim': {
        const held = this.claimsOf(one, step.gateway);
        const known = held.slice(0, Math.max(0, held.length - step.forget));
        return this.claim(one, step.gateway, step.limit, known);
      }
      case 'settle': return this.settle(one, step.gateway, step.done, step.released);
      case 'take': return this.take(one, step.gateway, step.client);
    }
  }

  /** Whatever waits, or was claimed by a gateway that is gone, comes to the one that asks; nothing comes twice. */
  async check(): Promise<void> {
    await this.die(0);
    for (const one of this.shares) {
      await this.claim(one, 1, 1_000);
      await this.claim(one, 1, 1_000);
      await this.settle(one, 1, 1_000, 0);
      await this.claim(one, 1, 1_000, []);
    }
  }

  private store(gateway: number): Store {
    return this.stores[gateway % this.stores.length]!;
  }

  private name(gateway: number): string {
    return `g${gateway}-${this.lives[gateway]}`;
  }

  private beat(index: number): Promise<boolean> {
    const gatewayId = this.name(index);
    return this.store(index).heartbeat({ gatewayId, instanceId: 'i', replica: gatewayId, revision: 'r', startedAt: 1, ready: true, connections: 0 }, 600);
  }

  private async die(index: number): Promise<void> {
    await this.store(index).removeGateway(this.name(index));
    for (const one of this.shares) {
      one.givenBack.push(...this.claimsOf(one, index));
      one.claims.delete(this.name(index));
    }
    this.lives[index]!++;
    await this.beat(index);
  }

  private claimsOf(one: ModelShare, gateway: number): MessageId[] {
    return one.claims.get(this.name(gateway)) ?? [];
  }

  private async join({ share: { log, name, filter }, members }: ModelShare, clientId: string): Promise<void> {
    await this.stores[0]!.subscribe(this.sessions.get(clientId)!, [{ filter: `$share/${name}/${filter}`, log, qos: 1 }]);
    members.add(clientId);
  }

  private async leave(one: ModelShare, clientId: string): Promise<void> {
    const { share: { name, filter }, members } = one;
    await this.stores[0]!.unsubscribe(this.sessions.get(clientId)!, [`$share/${name}/${filter}`]);
    if (!members.delete(clientId) || members.size > 0) return;
    one.queue = [];
    one.givenBack = [];
    one.claims.clear();
  }

  private async publish(topics: readonly string[], qos: QoS): Promise<void> {
    const results = await this.stores[0]!.append('publisher', ++this.batch, topics.map((topic) => message(topic, topic, { qos })));
    results.forEach((result, i) => {
      for (const one of this.shares) {
        const { share: { filter }, members } = one;
        if (members.size > 0 && matches(filter, topics[i]!)) one.queue.push(idOf(result));
      }
    });
  }

  private async claim(one: ModelShare, gateway: number, most: number, held?: readonly MessageId[]): Promise<void> {
    const mine = this.claimsOf(one, gateway);
    if (held !== undefined) one.givenBack.push(...mine.splice(0).filter((id) => !held.includes(id) || !mine.push(id)));
    one.givenBack.sort((a, b) => a - b);
    const expected = [...one.givenBack.splice(0, most)];
    expected.push(...one.queue.splice(0, most - expected.length));
    const got = await this.store(gateway).claimShared(one.share, this.name(gateway), most, held);
    expect(got.map(({ id }) => id)).toEqual(expected);
    one.claims.set(this.name(gateway), [...mine, ...expected]);
  }

  private async settle(one: ModelShare, gateway: number, done: number, released: number): Promise<void> {
    const mine = this.claimsOf(one, gateway);
    const settlement = { done: mine.slice(0, done), released: mine.slice(done, done + released) };
    await this.store(gateway).settleShared(one.share, this.name(gateway), settlement);
    mine.splice(0, done + released);
    one.givenBack.push(...settlement.released);
  }

  private async take(one: ModelShare, gateway: number, clientId: string): Promise<void> {
    const [id] = this.claimsOf(one, gateway);
    if (id === undefined) return;
    const session = this.sessions.get(clientId)!;
    const inflight = [{ packetId: 1, id, log: 'a', qos: 2 as QoS, released: false, apart: true as const }];
    const taken = [{ share: one.share, gatewayId: this.name(gateway), id }];
    expect(await this.store(gateway).saveProgress([{ session, progress: { cursor: 0, acknowledged: [], inflight }, taken }])).toEqual([]);
    this.claimsOf(one, gateway).shift();
  }
}

export function describeShareModel(bench: Bench): void {
  describe('shares against a plain model', () => {
    it('T6 any order of join, publish, claim, settle, take, leave and dying gateways hands out what the model hands out', async () => {
      await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60, size: 'max' }), async (commands) => {
        const harness = await bench.fresh();
        try {
          const model = new ShareModel([await harness.connect(), await harness.connect()]);
          await model.start();
          for (const step of commands) await model.run(step);
          await model.check();
        } finally {
          await harness.dispose();
        }
      }), { numRuns: 40 });
    }, 120_000);
  });
}
