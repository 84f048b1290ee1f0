import type { Grant, TopicDeclaration } from '../../../lib/manifest/manifest';
import { refusal, type ErrorCode } from '../errors';
import { LIMITS } from '../limits';
import { OPEN_LOG, type QoS } from '../store/contract';
import { hasWildcard, isValidFilter } from '../topics/match';
import { isShare, parseShare } from '../topics/share';
import { isLongerThan, parseClientId } from './client-id';
import type { InstanceView } from './instance-view';
import type { Resources } from './resources';
import { tokenRefusal } from './token';
import type { Principal, PublishJudgement, SubscribeJudgement } from './types';

export interface PublishRequest {
  readonly topic: string;
  readonly payloadBytes: number;
  readonly qos: QoS;
}

/** What a client holds already, for the limits of L4. */
export interface Holdings {
  /** Subscriptions of this client, without the filter in question: one that is replaced does not count twice. */
  readonly held: number;
}

type Action = 'publish' | 'subscribe';

const P2P = '/p2p';

/** Whether a PUBLISH (or a will) is taken, and where it goes. A refusal closes the connection. */
export function judgePublish(view: InstanceView, principal: Principal, request: PublishRequest): PublishJudgement {
  const { topic, payloadBytes } = request;
  const { limits } = view;
  if (isReserved(view, topic)) return no('topic-reserved');
  if (countLevels(topic) > LIMITS.topicLevels) return no('topic-levels-exceeded', `allowed ${LIMITS.topicLevels}`);
  if (payloadBytes > limits.payloadBytes) {
    return no('payload-too-large', `got ${payloadBytes} bytes, allowed ${limits.payloadBytes}`); // L4
  }
  if (view.admission.mode === 'open') return { ok: true, log: OPEN_LOG, p2pClientId: null };

  const parent = firstLevel(topic);
  const p2p = isP2p(topic, parent);
  if (!p2p && isLongerThan(topic, limits.topicLength)) return no('topic-too-long', `allowed ${limits.topicLength} characters`); // L4
  const denied = judgeTopic(view, principal, parent, 'publish', (resources) => resources.matches(topic));
  if (denied !== null) return no(denied);
  if (!p2p) return { ok: true, log: parent, p2pClientId: null };

  const target = topic.slice(parent.length + P2P.length + 1);
  if (parseClientId(target) === null || isLongerThan(target, limits.clientIdLength)) return no('p2p-malformed'); // T4
  return { ok: true, log: parent, p2pClientId: target };
}

/** Whether a filter is granted. A refusal is 0x80 in SUBACK; in MQTT 3.1, which has none, the connection closes (T1). */
export function judgeSubscribe(view: InstanceView, principal: Principal, filter: string, qos: QoS, holdings: Holdings): SubscribeJudgement {
  const { limits } = view;
  const open = view.admission.mode === 'open';
  if (isShare(filter)) return judgeShare(view, principal, filter, qos, holdings);
  if (!open && filter.startsWith('$')) return no('topic-reserved');
  if (countLevels(filter) > LIMITS.topicLevels) return no('topic-levels-exceeded', `allowed ${LIMITS.topicLevels}`);
  const maximum = open ? Math.max(LIMITS.openSubscriptionsPerClient, limits.subscriptionsPerClient) : limits.subscriptionsPerClient;
  if (open) return holdings.held >= maximum ? no('subscriptions-exceeded', `allowed ${maximum}`) : { ok: true, log: OPEN_LOG, wildcardLimit: null };

  const parent = firstLevel(filter);
  if (hasWildcard(parent)) return no('filter-first-level-wildcard'); // T1
  if (isP2p(filter, parent)) return no('p2p-subscribe-denied'); // T4
  if (isLongerThan(filter, limits.topicLength)) return no('topic-too-long', `allowed ${limits.topicLength} characters`); // L4
  const denied = judgeTopic(view, principal, parent, 'subscribe', (resources) => resources.covers(filter));
  if (denied !== null) return no(denied);
  if (holdings.held >= maximum) return no('subscriptions-exceeded', `allowed ${maximum}`); // L4
  return { ok: true, log: parent, wildcardLimit: hasWildcard(filter) ? limits.wildcardFiltersPerTopic : null };
}

/** T1: the rules apply to the filter inside; the member's subscription counts like any other. */
function judgeShare(view: InstanceView, principal: Principal, filter: string, qos: QoS, holdings: Holdings): SubscribeJudgement {
  if (!view.features.sharedSubscriptions) return no('shared-subscription-off');
  const share = parseShare(filter);
  if (share === null || isShare(share.filter) || !isValidFilter(share.filter)) return no('share-malformed');
  return judgeSubscribe(view, principal, share.filter, qos, holdings);
}

/** The check at delivery: a right that was revoked ends here even for what was stored before (A5, I5). */
export function mayReceive(view: InstanceView, principal: Principal, log: string, topic: string): boolean {
  if (view.admission.mode === 'open') return log === OPEN_LOG;
  const parent = firstLevel(topic);
  if (parent !== log || judgeTopic(view, principal, parent, 'subscribe', (resources) => resources.matches(topic)) !== null) return false;
  return !isP2p(topic, parent) || topic.slice(parent.length + P2P.length + 1) === principal.clientId; // T4
}

/** Whether any message of this log may be given at all; which ones, `mayReceive` says. */
export function mayRead(view: InstanceView, principal: Principal, log: string): boolean {
  if (view.admission.mode === 'open') return log === OPEN_LOG;
  return judgeTopic(view, principal, log, 'subscribe', () => true) === null;
}

/** Whom a stored message is addressed to (T4); null: an ordinary topic, and every topic under open admission. */
export function p2pTarget(view: InstanceView, topic: string): string | null {
  if (view.admission.mode === 'open') return null;
  const parent = firstLevel(topic);
  const target = isP2p(topic, parent) ? topic.slice(parent.length + P2P.length + 1) : '';
  return target === '' ? null : target;
}

/** T1, the topic's own permission, the rights of the key or account (A5), and those of tokens (A2); null: permitted. */
function judgeTopic(view: InstanceView, principal: Principal, parent: string, action: Action, allows: (resources: Resources) => boolean): ErrorCode | null {
  const topic = view.topics.get(parent);
  if (topic === undefined) return 'topic-undeclared'; // T1
  if (!permits(topic, action)) return action === 'publish' ? 'topic-publish-denied' : 'topic-subscribe-denied';
  const grants = grantsOf(view, principal);
  const allowed = grants !== undefined && (grants === null || grants.get(parent)?.[action] === true);
  if (!allowed) return action === 'publish' ? 'right-publish-denied' : 'right-subscribe-denied';
  if (principal.tokens === undefined) return null;
  const problem = tokenRefusal(principal.tokens, action === 'publish' ? 'W' : 'R', allows, Date.now());
  return problem === null ? null : `token-${problem}`;
}

/** null: every topic; undefined: none. Without key and device there are no rights: anonymous connections exist under open admission only. */
function grantsOf(view: InstanceView, { keyId, account, deviceKeyId, administers }: Principal): ReadonlyMap<string, Grant> | null | undefined {
  if (administers) return null;
  if (deviceKeyId !== undefined) return view.accountGrants.get(account!); // A3
  return keyId === null ? undefined : view.keys.get(keyId)?.grants;
}

/** Under open admission a `$` topic is a topic like any other, but for what the server itself tells under `$SYS/`. */
function isReserved(view: InstanceView, topic: string): boolean {
  return view.admission.mode === 'open' ? topic.startsWith('$SYS/') || topic.startsWith('$share/') : topic.startsWith('$');
}

function permits(topic: TopicDeclaration, action: Action): boolean {
  return topic.permission === 'publish-and-subscribe' || topic.permission === action;
}

function firstLevel(topic: string): string {
  const slash = topic.indexOf('/');
  return slash < 0 ? topic : topic.slice(0, slash);
}

/** The second level is literally `p2p`. */
function isP2p(topic: string, parent: string): boolean {
  if (!topic.startsWith(P2P, parent.length)) return false;
  const after = parent.length + P2P.length;
  return after === topic.length || topic[after] === '/';
}

function countLevels(topic: string): number {
  let levels = 1;
  for (let i = topic.indexOf('/'); i >= 0; i = topic.indexOf('/', i + 1)) levels++;
  return levels;
}

function no(code: ErrorCode, detail?: string): { readonly ok: false; readonly refusal: ReturnType<typeof refusal> } {
  return { ok: false, refusal: refusal(code, detail) };
}
