import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { MessageId, QoS, SessionKey, Store } from '../contract';
import { matches } from '../../topics/match';
import { granted, idOf, logOf, message, missedAll, p2p, subscription, type Bench } from './bench';

/** What a store must do, with plain objects: every message, and per session its subscriptions and its cursor. */
interface ModelMessage { readonly id: MessageId; readonly topic: string; readonly qos: QoS; readonly target: string | null }
interface ModelSession {
  readonly clean: boolean;
  readonly born: MessageId;
  cursor: MessageId;
  key: SessionKey | null;
  readonly subscriptions: Map<string, { qos: QoS; since: MessageId }>;
}

type Command =
  | { readonly kind: 'open'; readonly client: string; readonly clean: boolean }
  | { readonly kind: 'close' | 'delete' | 'p2p'; readonly client: string }
  | { readonly kind: 'subscribe'; readonly client: string; readonly filter: string; readonly qos: QoS }
  | { readonly kind: 'unsubscribe'; readonly client: string; readonly filter: string }
  | { readonly kind: 'publish'; readonly topics: readonly string[]; readonly qos: QoS }
  | { readonly kind: 'acknowledge'; readonly client: string; readonly count: number };

const client = fc.constantFrom('c1', 'c2', 'c3');
const topic = fc.constantFrom('a', 'a/x', 'a/x/y', 'a/y', 'b', 'b/x');
const filter = fc.constantFrom('a', 'a/x', 'b/x', 'a/#', 'a/+', 'a/x/#', 'b/+', 'a/+/y');
// QoS of a filter is fixed by its name: a change between 0 and more is a test of its own (missed.ts).
const qosOf = (f: string): QoS => (f === 'b/+' ? 0 : f.length % 2 === 0 ? 2 : 1);
const qos = fc.constantFrom<QoS>(0, 1, 1, 2);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), client, clean: fc.nat(4).map((n) => n === 0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('close' as const, 'p2p' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), client }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), client, filter }).map((c) => ({ ...c, qos: qosOf(c.filter) })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), client, filter }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('publish' as const), topics: fc.array(topic, { minLength: 1, maxLength: 4 }), qos }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), client, count: fc.nat(3) }) },
);

class Model {
  private readonly log: ModelMessage[] = [];
  private readonly sessions = new Map<string, ModelSession>();
  private readonly batches = [0, 0];
  private turn = 0;

  constructor(private readonly stores: readonly Store[]) {}

  /** Steps go through two gateways in turn, as clients roam. */
  private next(): { store: Store; gatewayId: string; index: number } {
    const index = this.turn++ % this.stores.length;
    return { store: this.stores[index]!, gatewayId: `g${index}`, index };
  }

  async run(step: Command): Promise<void> {
    const session = 'client' in step ? this.sessions.get(step.client) : undefined;
    const { store, gatewayId } = this.next();
    switch (step.kind) {
      case 'open': return this.open(step.client, step.clean, store, gatewayId);
      case 'delete':
        await store.deleteSession(step.client);
        this.sessions.delete(step.client);
        return;
      case 'publish':
        return this.append(step.topics.map((t) => message(t, t, { qos: step.qos })));
      case 'p2p':
        return this.append([p2p('a', step.client, 'p2p')]);
      default: if (!session?.key) return;
    }
    const key = session.key;
    switch (step.kind) {
      case 'close':
        await store.closeSession(key, { cursor: session.cursor, acknowledged: [], inflight: [] });
        session.key = null;
        if (session.clean) this.sessions.delete(step.client);
        return;
      case 'subscribe': {
        const [stored] = granted(await store.subscribe(key, [subscription([step.filter, step.qos])]));
        const held = session.subscriptions.get(step.filter);
        expect(stored!.since).toBe(held?.since ?? stored!.since);
        expect(this.log.every((m) => m.id <= stored!.since || held !== undefined)).toBe(true);
        session.subscriptions.set(step.filter, { qos: step.qos, since: stored!.since });
        return;
      }
      case 'unsubscribe':
        await store.unsubscribe(key, [step.filter]);
        session.subscriptions.delete(step.filter);
        return;
      case 'acknowledge': {
        const pending = this.pending(step.client, session);
        session.cursor = pending[Math.min(step.count, pending.length) - 1]?.id ?? session.cursor;
        expect(await store.saveProgress([{ session: key, progress: { cursor: session.cursor, acknowledged: [], inflight: [] } }])).toEqual([]);
      }
    }
  }

  private async open(clientId: string, cleanSession: boolean, store: Store, gatewayId: string): Promise<void> {
    const before = this.sessions.get(clientId);
    const kept = before !== undefined && !before.clean && !cleanSession ? before : undefined;
    const opened = await store.openSession({ clientId, cleanSession, gatewayId });
    expect(opened.present).toBe(kept !== undefined);
    if (before?.key) expect(opened.epoch).toBeGreaterThan(before.key.epoch);
    const session: ModelSession = kept ?? {
      clean: cleanSession, born: opened.progress.cursor, cursor: opened.progress.cursor, key: null, subscriptions: new Map(),
    };
    session.key = { clientId, epoch: opened.epoch };
    this.sessions.set(clientId, session);
    expect(opened.progress.cursor).toBe(session.cursor);
    expect(opened.subscriptions.map((s) => `${s.filter} ${s.qos} ${s.since}`).sort())
      .toEqual([...session.subscriptions].map(([f, s]) => `${f} ${s.qos} ${s.since}`).sort());
  }

  private async append(requests: ReturnType<typeof message>[]): Promise<void> {
    const { store, gatewayId, index } = this.next();
    const results = await store.append(gatewayId, ++this.batches[index]!, requests);
    results.forEach((result, i) => this.log.push({ id: idOf(result), topic: requests[i]!.topic, qos: requests[i]!.qos, target: requests[i]!.p2pClientId }));
  }

  private pending(clientId: string, session: ModelSession): { id: MessageId; topic: string; qos: QoS }[] {
    return this.log.flatMap((m) => {
      if (m.id <= session.cursor || m.qos === 0 || session.clean) return [];
      if (m.target !== null) return m.target === clientId && m.id > session.born ? [{ id: m.id, topic: m.topic, qos: m.qos }] : [];
      const granted = [...session.subscriptions]
        .filter(([f, s]) => s.qos > 0 && m.id > s.since && logOf(f) === logOf(m.topic) && matches(f, m.topic)).map(([, s]) => s.qos);
      return granted.length === 0 ? [] : [{ id: m.id, topic: m.topic, qos: Math.min(m.qos, Math.max(...granted)) as QoS }];
    });
  }

  /** Every persistent session comes back and gets exactly what the model says. */
  async check(pageSize: number): Promise<void> {
    for (const [clientId, session] of this.sessions) {
      if (session.clean) continue;
      const { store, gatewayId } = this.next();
      await this.open(clientId, false, store, gatewayId);
      const missed = await missedAll(store, session.key!, session.cursor, await store.lastId(), pageSize);
      expect(missed.map(({ id, topic: t, qos: q }) => ({ id, topic: t, qos: q }))).toEqual(this.pending(clientId, session));
    }
  }
}

export function describeModel(bench: Bench): void {
  describe('against a plain model', () => {
    bench.durably('T3 T4 T5 any order of connect, subscribe, publish, acknowledge and close delivers what the model delivers', async () => {
      const steps = fc.array(command, { minLength: 5, maxLength: 60, size: 'max' });
      await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), async (commands, pageSize) => {
        const harness = await bench.fresh();
        try {
          const model = new Model([await harness.connect(), await harness.connect()]);
          for (const step of commands) await model.run(step);
          await model.check(pageSize);
        } finally {
          await harness.dispose();
        }
      }), { numRuns: 40 });
    }, 120_000);
  });
}
