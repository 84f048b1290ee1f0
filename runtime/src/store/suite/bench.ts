import { afterEach, beforeEach, expect, it } from 'vitest';
import type {
  AppendRequest, AppendResult, MessageId, MissedPage, Notice, OpenedSession, QoS, RetainedPage, SessionKey, Store, StoredMessage, StoredSubscription, SubscribeResult, Tail,
} from '../contract';

/** What an engine's test brings along. */
export interface StoreHarness {
  /** A further, opened store on this storage, as another gateway process would have. Closed by `dispose` at the latest. */
  connect(): Promise<Store>;
  /** Kills the server or the process that holds the data without warning and brings it back; absent: there is none. */
  crash?(): Promise<void>;
  dispose(): Promise<void>;
}

/** A fresh, empty storage at every call. */
export type HarnessFactory = () => Promise<StoreHarness>;

/** What an engine promises beyond the connections of the moment. */
export interface Capabilities {
  /** Sessions outlive their connection, and messages wait for them. */
  readonly durable: boolean;
}

/** The workbench of a test: a fresh storage, one opened store and short ways to say what a test means. */
export class Bench {
  private harness: StoreHarness | undefined;
  private opened: Store | undefined;
  private batches = 0;

  constructor(private readonly factory: HarnessFactory, private readonly capabilities: Capabilities = { durable: true }) {}

  /** For tests of what outlives a connection; an engine that does not promise it shows them as skipped. */
  get durably(): typeof it | typeof it.skip {
    return this.capabilities.durable ? it : it.skip;
  }

  install(): void {
    beforeEach(async () => {
      this.harness = await this.factory();
      this.opened = await this.harness.connect();
      this.batches = 0;
    });
    afterEach(async () => {
      await this.harness?.dispose();
      this.harness = this.opened = undefined;
    });
  }

  /** One more storage, for a test that needs many. The caller disposes of it. */
  fresh(): Promise<StoreHarness> {
    return this.factory();
  }

  get store(): Store {
    return this.opened!;
  }

  connect(): Promise<Store> {
    return this.harness!.connect();
  }

  get crash(): (() => Promise<void>) | undefined {
    return this.harness!.crash?.bind(this.harness);
  }

  /** One batch of gateway `g1` on the bench's own store. */
  append(...requests: AppendRequest[]): Promise<readonly AppendResult[]> {
    return this.store.append('g1', ++this.batches, requests);
  }

  /** Appends one message and answers its id; fails the test if it was refused. */
  async publish(topic: string, payload: string, more: Partial<AppendRequest> = {}): Promise<MessageId> {
    const [result] = await this.append(message(topic, payload, more));
    return idOf(result!);
  }

  openSession(clientId: string, cleanSession = false, gatewayId = 'g1', store = this.store): Promise<OpenedSession & SessionKey> {
    return store.openSession({ clientId, cleanSession, gatewayId }).then((opened) => ({ ...opened, clientId }));
  }

  /** Subscriptions without a bound: none can be refused. */
  async subscribe(session: SessionKey, entries: readonly (string | readonly [string, QoS])[]): Promise<StoredSubscription[]> {
    return granted(await this.store.subscribe(session, entries.map(subscription)));
  }

  /** A gateway that says that it is there, for so long. */
  alive(gatewayId: string, leaseSeconds = 60): Promise<boolean> {
    return this.store.heartbeat({ gatewayId, instanceId: 'i', replica: 'r', revision: '1', startedAt: Date.now(), ready: true, connections: 0 }, leaseSeconds);
  }

  /** A persistent session with these subscriptions, as `filter` or `[filter, qos]`, then closed: an offline subscriber. */
  async offline(clientId: string, ...filters: (string | readonly [string, QoS])[]): Promise<void> {
    const session = await this.openSession(clientId);
    await this.store.subscribe(session, filters.map(subscription));
    await this.store.closeSession(session, null);
  }

  /** Comes back and reads everything that was missed, page by page. */
  async drain(clientId: string, pageSize = 100): Promise<{ topic: string; payload: string; qos: QoS; id: MessageId }[]> {
    const session = await this.openSession(clientId);
    const upTo = await this.store.lastId();
    return missedAll(this.store, session, session.progress.cursor, upTo, pageSize);
  }
}

/** Reads all pages and checks on the way that ids ascend and pages make progress. */
export async function missedAll(
  store: Store, session: SessionKey, after: MessageId, upTo: MessageId, pageSize = 100,
): Promise<{ topic: string; payload: string; qos: QoS; id: MessageId }[]> {
  const all: { topic: string; payload: string; qos: QoS; id: MessageId }[] = [];
  let position = after;
  for (;;) {
    const page: MissedPage = await store.readMissed(session, position, upTo, pageSize);
    expect(page.messages.length).toBeLessThanOrEqual(pageSize);
    for (const { message: m, qos } of page.messages) {
      expect(m.id).toBeGreaterThan(position);
      expect(m.id).toBeLessThanOrEqual(upTo);
      position = m.id;
      all.push({ topic: m.topic, payload: m.payload.toString(), qos, id: m.id });
    }
    expect(page.next).toBeGreaterThanOrEqual(position);
    position = page.next;
    if (page.complete) return all;
  }
}

/** Reads all retained messages, page by page, and checks that no topic comes twice and no page passes its bound. */
export async function retainedOf(store: Store, filter: string, page = { messages: 100, bytes: 2 ** 20 }): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for (let after: string | null = null; ;) {
    const { messages, next }: RetainedPage = await store.readRetained(filter, after, page);
    all.push(...messages);
    expect(messages.length).toBeLessThanOrEqual(page.messages);
    expect(messages.slice(0, -1).reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThan(page.bytes);
    expect(next === null || next !== after).toBe(true);
    if (next === null) break;
    after = next;
  }
  expect(new Set(all.map(({ topic }) => topic)).size).toBe(all.length);
  return all;
}

/** First level of a topic or filter: its log, as under strict admission. */
export function logOf(topicOrFilter: string): string {
  return topicOrFilter.split('/')[0]!;
}

export function subscription(entry: string | readonly [string, QoS]): { filter: string; log: string; qos: QoS } {
  const [filter, qos] = typeof entry === 'string' ? [entry, 1 as QoS] : entry;
  return { filter, qos, log: logOf(filter) };
}

/** A QoS 1 message of a sender without a session, unless said otherwise. */
export function message(topic: string, payload: string | Buffer, more: Partial<AppendRequest> = {}): AppendRequest {
  return {
    topic, payload: Buffer.from(payload), log: logOf(topic), qos: 1, cleanSession: true, clientId: '', epoch: null,
    qos2PacketId: null, p2pClientId: null, retain: false, ...more,
  };
}

export function p2p(parent: string, clientId: string, payload: string, more: Partial<AppendRequest> = {}): AppendRequest {
  return message(`${parent}/p2p/${clientId}`, payload, { p2pClientId: clientId, ...more });
}

export function granted(results: readonly SubscribeResult[]): StoredSubscription[] {
  return results.map((result) => {
    if (typeof result === 'string') throw new Error(`refused: ${result}`);
    return result;
  });
}

export function idOf(result: AppendResult): MessageId {
  if (!result.ok) throw new Error(`refused: ${result.reason}: ${result.message}`);
  return result.id;
}

/** Collects what a tail gives and checks its promise at every call: ascending ids, none above the position. */
export class Recorder {
  readonly messages: StoredMessage[] = [];
  readonly notices: Notice[] = [];
  position = 0;
  problem: string | undefined;
  private tail: Tail | undefined;

  static async follow(store: Store, ...logs: string[]): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.tail = await store.tail(recorder);
    recorder.position = recorder.tail.position;
    recorder.tail.setLogs(logs);
    return recorder;
  }

  onMessages(messages: readonly StoredMessage[], position: MessageId): void | Promise<void> {
    for (const m of messages) {
      const before = this.messages.at(-1)?.id ?? 0;
      if (m.id <= before) this.problem ??= `id ${m.id} after ${before}`;
      if (m.id <= this.position) this.problem ??= `id ${m.id} at or below the position ${this.position} given before`;
      if (m.id > position) this.problem ??= `id ${m.id} above the position ${position}`;
      this.messages.push(m);
    }
    if (position < this.position) this.problem ??= `position went back from ${this.position} to ${position}`;
    this.position = position;
  }

  onNotice(notice: Notice): void {
    this.notices.push(notice);
  }

  setLogs(...logs: string[]): void {
    this.tail!.setLogs(logs);
  }

  get payloads(): string[] {
    return this.messages.map((m) => m.payload.toString());
  }

  async close(): Promise<void> {
    await this.tail!.close();
    expect(this.problem).toBeUndefined();
  }
}

/** Polls until it holds, within a test's time; the test fails by its own expectation afterwards, so that the difference is shown. */
export async function until(holds: () => boolean | Promise<boolean>, milliseconds = 45_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds()) && Date.now() < end) await sleep(10);
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
