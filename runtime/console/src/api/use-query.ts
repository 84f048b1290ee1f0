/** Reads something of the gateway, and reads it again while somebody looks at the page. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, ask } from './client';

export interface Query<T> {
  /** The last answer; it stays while a newer one is on its way, or fails. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** It will be read again without anybody asking. */
  readonly live: boolean;
  refresh(): void;
}

/** Something that comes to an end: reading stops then, and after a while anyway. `refresh` begins anew. */
export interface Following<T> {
  readonly everyMs: number;
  readonly mostMs: number;
  isOver(data: T, followedMs: number): boolean;
}

/** What was seen last, so that a page that is opened again is there at once. */
const seen = new Map<string, unknown>();
const MOST_SEEN = 100;
export function forgetAnswers(): void { seen.clear(); }

export const LIVE_MS = 3_000;
export const SLOW_MS = 15_000;

interface State { path: string | null; data: unknown; error: ApiError | undefined; live: boolean }

/**
 * `path` null: nothing is asked. `pace` 0: asked once; one that follows something must be a constant. `keep`: what another path
 * answered stays until this one's answer is there.
 */
export function useQuery<T>(path: string | null, pace: number | Following<T> = 0, keep = false): Query<T> {
  const everyMs = typeof pace === 'number' ? pace : pace.everyMs;
  const [state, setState] = useState<State>(() => ({ path, data: path === null ? undefined : seen.get(path), error: undefined, live: everyMs > 0 }));
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (path === null) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = false;
    let over = false;
    const begun = Date.now();
    const plan = (ms: number): void => { timer = setTimeout(() => void look(), ms); };
    const look = async (first = false): Promise<void> => {
      if (running || (!first && (over || document.visibilityState === 'hidden'))) return; // becoming visible starts it again
      running = true;
      let again = everyMs;
      try {
        const data = await ask<T>('GET', path, undefined, controller.signal);
        remember(path, data);
        over = isOver(data);
        if (!controller.signal.aborted) setState({ path, data, error: undefined, live: everyMs > 0 && !over });
      } catch (error) {
        if (controller.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, 'page-error', String(error));
        over = isOver();
        setState({ path, data: seen.get(path), error: known, live: everyMs > 0 && !over });
        if (known.isUnavailable) again = 0;
        else if (known.status < 500 && known.status > 0 && again > 0) again = Math.max(again, SLOW_MS); // it will hardly change its mind
        else if (known.isUnreachable || known.status >= 500) again = Math.max(everyMs, LIVE_MS);
      } finally {
        running = false;
      }
      if (again > 0 && !over && !controller.signal.aborted) plan(again);
    };
    const isOver = (data?: T): boolean => {
      if (typeof pace === 'number') return false;
      const followedMs = Date.now() - begun;
      return followedMs >= pace.mostMs || (data !== undefined && pace.isOver(data, followedMs));
    };
    const visible = (): void => {
      if (document.visibilityState !== 'visible') return;
      clearTimeout(timer);
      if (everyMs > 0) void look();
    };
    void look(true);
    document.addEventListener('visibilitychange', visible);
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', visible);
    };
  }, [path, pace, turn]);

  const refresh = useCallback(() => setTurn((now) => now + 1), []);
  // the answer of another path is not this one's
  const mine = state.path === path ? state : { data: path === null ? undefined : seen.get(path) ?? (keep ? state.data : undefined), error: undefined, live: everyMs > 0 };
  return { data: mine.data as T | undefined, error: mine.error, loading: path !== null && mine.data === undefined && mine.error === undefined, live: mine.live, refresh };
}

function remember(path: string, data: unknown): void {
  seen.delete(path);
  seen.set(path, data);
  if (seen.size > MOST_SEEN) seen.delete(seen.keys().next().value!);
}
