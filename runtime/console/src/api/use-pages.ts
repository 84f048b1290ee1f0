/** Lists that grow: page after page, each asked for with the `next` of the one before. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ask, withQuery } from './client';

export interface Pages<T> {
  readonly items: readonly T[] | undefined;
  readonly error: ApiError | undefined;
  readonly busy: boolean;
  readonly more: boolean;
  next(): void;
  refresh(): void;
}

type Answer = { readonly next?: string | number | null } & { readonly [name: string]: unknown };

/** `path` null: nothing is asked. `field`: where the items stand in an answer. */
export function usePages<T>(path: string | null, query: { readonly [name: string]: string | number | undefined }, field: string): Pages<T> {
  const key = path === null ? null : withQuery(path, query);
  const [state, setState] = useState<{ key: string | null; items: readonly T[] | undefined; next: string | number | null; error: ApiError | undefined; busy: boolean }>({ key: null, items: undefined, next: null, error: undefined, busy: false });
  const asking = useRef<AbortController | null>(null);

  const read = useCallback(async (after: string | number | null, keep: readonly T[]) => {
    if (path === null) return;
    asking.current?.abort();
    const controller = asking.current = new AbortController();
    setState((now) => ({ ...now, busy: true }));
    try {
      const answer = await ask<Answer>('GET', withQuery(path, { ...query, ...(after !== null && { after }) }), undefined, controller.signal);
      if (controller.signal.aborted) return;
      setState({ key, items: [...keep, ...((answer[field] ?? []) as T[])], next: answer.next ?? null, error: undefined, busy: false });
    } catch (error) {
      if (controller.signal.aborted) return;
      setState({ key, items: after === null ? undefined : keep, next: after, error: error instanceof ApiError ? error : new ApiError(0, 'page-error', String(error)), busy: false });
    }
  }, [key, field]);

  useEffect(() => {
    void read(null, []);
    return () => asking.current?.abort();
  }, [read]);

  const mine = state.key === key ? state : { items: undefined, next: null, error: undefined, busy: key !== null };
  return {
    items: mine.items, error: mine.error, busy: mine.busy, more: mine.next !== null,
    next: () => void read(mine.next, mine.items ?? []),
    refresh: () => void read(null, []),
  };
}
