/** Who publishes what and who should get it: the same for every run, so that only the faults differ. */
import type { QoS, Subscription } from './ledger';

export const PUBLISHERS = 6;

interface Member { readonly name: string; readonly restless: boolean }

/** `restless`: comes and goes by itself. `will`: each of its connections leaves one, at this QoS. */
export interface SessionPart extends Member {
  readonly subscriptions: readonly Subscription[];
  readonly will?: 1 | 2;
}

/** Persistent sessions. */
export const SESSIONS: readonly SessionPart[] = [
  { name: 'online-1', restless: false, subscriptions: [{ filter: 'demo/#', qos: 1 }] },
  { name: 'online-2', restless: false, subscriptions: [{ filter: 'demo/#', qos: 2 }], will: 2 },
  { name: 'overlap', restless: false, subscriptions: [{ filter: 'demo/a/x', qos: 1 }, { filter: 'demo/+/x', qos: 2 }, { filter: 'other/#', qos: 1 }] },
  { name: 'exact', restless: false, subscriptions: [{ filter: 'demo/a/y', qos: 2 }, { filter: 'other/z', qos: 2 }] },
  { name: 'offline-1', restless: true, subscriptions: [{ filter: 'demo/#', qos: 1 }], will: 1 },
  { name: 'offline-2', restless: true, subscriptions: [{ filter: 'demo/#', qos: 2 }, { filter: 'other/+', qos: 2 }], will: 2 },
  { name: 'offline-x', restless: true, subscriptions: [{ filter: 'demo/a/x', qos: 2 }, { filter: 'demo/#', qos: 1 }, { filter: 'other/#', qos: 2 }] },
  { name: 'target-1', restless: false, subscriptions: [] },
  { name: 'target-2', restless: true, subscriptions: [{ filter: 'demo/b/x', qos: 1 }], will: 2 },
];

/** Clean sessions: each connection subscribes anew. */
export const CLEAN: readonly (Member & { readonly subscription: Subscription; readonly will?: 1 | 2 })[] = [
  { name: 'clean-1', restless: false, subscription: { filter: 'demo/+/x', qos: 1 }, will: 2 },
  { name: 'clean-2', restless: true, subscription: { filter: 'demo/a/#', qos: 2 }, will: 2 },
];

/** Persistent sessions that take a filter and give it up, again and again. */
export const CHANGING: readonly (Member & { readonly subscription: Subscription })[] = [
  { name: 'changing-1', restless: false, subscription: { filter: 'demo/+/x', qos: 2 } },
  { name: 'changing-2', restless: true, subscription: { filter: 'demo/a/y', qos: 1 } },
];

/** Asks for what is retained with each of its connections. */
export const COLLECTOR = { name: 'collector', filter: 'retained/#', qos: 1 } as const;

export const SHARES: readonly { readonly name: string; readonly qos: 1 | 2; readonly filter: string; readonly members: readonly Member[] }[] = [
  { name: 'one', qos: 1, filter: 'demo/+/x', members: [{ name: 'one-1', restless: false }, { name: 'one-2', restless: true }, { name: 'one-3', restless: false }] },
  { name: 'two', qos: 2, filter: 'demo/a/#', members: [{ name: 'two-1', restless: false }, { name: 'two-2', restless: true }, { name: 'two-3', restless: false }] },
];

/** Each publisher has a stream of its own for each. */
export const TOPICS: readonly { readonly topic: string; readonly qos: QoS }[] = [
  { topic: 'demo/a/x', qos: 1 }, { topic: 'demo/a/y', qos: 2 }, { topic: 'demo/b/x', qos: 2 }, { topic: 'other/z', qos: 1 }, { topic: 'demo/a/x', qos: 0 },
];

/** Topics with a single publisher each, or nobody could say which message is the last one. */
export const RETAINED: readonly { readonly publisher: number; readonly topic: string; readonly qos: 1 | 2 }[] = [
  { publisher: 0, topic: 'retained/a', qos: 1 }, { publisher: 1, topic: 'retained/b', qos: 2 }, { publisher: 2, topic: 'retained/c/d', qos: 1 },
];

export const TARGETS = ['target-1', 'target-2'] as const;
/** With a will each. */
export const PUBLISHERS_WITH_WILL = 2;
