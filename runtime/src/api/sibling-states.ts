/**
 * How the other instances of the region do. Each is asked over the region's network, since a store is shared by some of them alone and
 * tells its users nothing of each other. Nobody waits for that: an answer shows what was heard last, and has it asked anew.
 */
import { Type, type Static } from '@sinclair/typebox';
import type { SiblingInstance } from '../../../lib/manifest/manifest';
import type { Store } from '../store/contract';
import { checkSchema } from '../manifest/check';
import { STATES, type InstanceStateAnswer } from './state';

export type SiblingState = { readonly state: InstanceStateAnswer['state']; readonly alarms: number | null } | { readonly state: 'unknown'; readonly alarms: null };

const answered = Type.Object({ instanceId: Type.String(), state: Type.Union(STATES.map((name) => Type.Literal(name))), alarms: Type.Integer({ minimum: 0 }) });

const ASK_EVERY_MS = 5_000;
const TIMEOUT_MS = 3_000;
/** What nobody asked for that long is not told any more. */
const STALE_MS = 30_000;
const ANSWER_BYTES = 4_096;

const UNKNOWN: SiblingState = { state: 'unknown', alarms: null };

interface Heard { readonly state: SiblingState; readonly at: number }

class SiblingStates {
  private readonly heard = new Map<string, Heard>();
  private readonly askedAt = new Map<string, number>();

  of({ instanceId, internalHttpUrl }: SiblingInstance): SiblingState {
    if (internalHttpUrl === undefined) return UNKNOWN;
    const now = Date.now();
    const key = `${instanceId} ${internalHttpUrl}`;
    if (now - (this.askedAt.get(key) ?? -Infinity) >= ASK_EVERY_MS) {
      this.askedAt.set(key, now);
      void ask(instanceId, internalHttpUrl).then((state) => this.heard.set(key, { state, at: Date.now() }));
    }
    const heard = this.heard.get(key);
    return heard !== undefined && now - heard.at < STALE_MS ? heard.state : UNKNOWN;
  }
}

const known = new WeakMap<Store, SiblingStates>();

export function siblingState(store: Store, sibling: SiblingInstance): SiblingState {
  const states = known.get(store) ?? new SiblingStates();
  known.set(store, states);
  return states.of(sibling);
}

/** A gateway that answers in words of its own, or nobody behind a name that there is: it does not run. A name that there is not: who knows. */
async function ask(instanceId: string, url: string): Promise<SiblingState> {
  try {
    const response = await fetch(new URL('/api/v1/state', url), { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    if (response.status === 503) {
      await response.body?.cancel();
      return { state: 'down', alarms: null };
    }
    const text = Number(response.headers.get('content-length') ?? 0) <= ANSWER_BYTES ? await response.text() : '';
    const checked = checkSchema<Static<typeof answered>>(answered, response.ok ? JSON.parse(text) : null, 'state of a sibling');
    return checked.ok && checked.value.instanceId === instanceId ? { state: checked.value.state, alarms: checked.value.alarms } : UNKNOWN;
  } catch (error) {
    return (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED' ? { state: 'down', alarms: null } : UNKNOWN;
  }
}
