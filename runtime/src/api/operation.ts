/** An operation of the control API: the one place from which its route, its checks and its documentation are made. */
import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { InstanceView } from '../auth/instance-view';
import type { ConsoleSessions } from '../console/sessions';
import type { LoginLimits } from '../console/login-limits';
import type { Caller, Serving } from './context';
import type { ProblemCode } from './problem';

export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  readonly serving: Serving;
}

/** A request as it came, for an operation that judges by itself who asks. */
export interface Visit {
  readonly address: string;
  /** The console session that the browser brings, whatever it is worth; null: none. */
  readonly token: string | null;
  readonly sessions: ConsoleSessions;
  readonly limits: LoginLimits;
  /** Gives the browser a session. */
  keep(token: string): void;
  tell(what: 'login' | 'refused', fields: object): void;
}

export interface OpenCall<P, Q, B> extends Omit<Call<P, Q, B>, 'caller'> {
  readonly visit: Visit;
}

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`, such as `/topics/{name}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TObject;
  /** Default: `BODY_BYTES`. */
  readonly bodyBytes?: number | ((view: InstanceView) => number);
  /** Anybody may ask: it judges by itself, and gets a `visit` in place of a caller. */
  readonly open?: true;
  /** Of one that is open: a session changes nothing either. */
  readonly anonymous?: true;
  /** The browser's session is taken away from it, whatever the answer. */
  readonly forgets?: true;
  /** Default: whatever is not GET changes something, and is told in the log. */
  readonly changes?: boolean;
  /** The answer carries a token or a secret, which nobody on the way may keep. */
  readonly secret?: boolean;
  readonly status: number;
  readonly response: TSchema;
  /** Beyond what every operation may answer. */
  readonly problems: readonly ProblemCode[];
  handle(call: Call<never, never, never>): Promise<unknown>;
}

export const BODY_BYTES = 64 * 1_024;

export function bodyBytesOf({ bodyBytes = BODY_BYTES }: Operation, view: InstanceView): number {
  return typeof bodyBytes === 'number' ? bodyBytes : bodyBytes(view);
}

type StaticOf<T> = T extends TObject ? Static<T> : Record<string, never>;

/** Gives a handler the types of its schemas, and holds its answer to the schema of the response. */
export function operation<R extends TSchema, P extends TObject | undefined = undefined, Q extends TObject | undefined = undefined, B extends TObject | undefined = undefined>(
  definition: Omit<Operation, 'params' | 'query' | 'body' | 'response' | 'handle'> & {
    readonly params?: P; readonly query?: Q; readonly body?: B; readonly response: R;
    handle(call: Call<StaticOf<P>, StaticOf<Q>, StaticOf<B>>): Promise<Static<R>>;
  },
): Operation {
  return definition as unknown as Operation;
}

/** The same, of an operation that anybody may ask. */
export function openOperation<R extends TSchema, B extends TObject | undefined = undefined>(
  definition: Omit<Operation, 'params' | 'query' | 'body' | 'response' | 'handle' | 'open'> & {
    readonly body?: B; readonly response: R;
    handle(call: OpenCall<Record<string, never>, Record<string, never>, StaticOf<B>>): Promise<Static<R>>;
  },
): Operation {
  return { ...definition, open: true } as unknown as Operation;
}
