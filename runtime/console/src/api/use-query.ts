/** Reads something of the gateway, and reads it again while somebody looks at the page. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, ask } from './client';

export interface Query<T> {
  /** The last answer; it stays while a newer one is on its way, or fails. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  refresh(): void;
}

/** What was seen last, so that a page that is opened again is there at once. */
const seen = new Map<string, unknown>();
const MOST_SEEN = 100;
export function forgetAnswers(): void { seen.clear(); }

export const LIVE_MS = 3_000;
export const SLOW_MS = 15_000;

interface State { path: string | null; data: unknown; error: ApiError | undefined }

/** `path` null: nothing is asked. `everyMs` 0: asked once. `keep`: what another path answered stays until this one's answer is there. */
export function useQuery<T>(path: string | null, everyMs = 0, keep = false): Query<T> {
  const [state, setState] = useState<State>(() => ({ path, data: path === null ? undefined : seen.get(path), error: undefined }));
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (path === null) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = false;
    const plan = (ms: number): void => { timer = setTimeout(() => void look(), ms); };
    const look = async (first = false): Promise<void> => {
      if (running || (!first && document.visibilityState === 'hidden')) return; // becoming visible starts it again
      running = true;
      let again = everyMs;
      try {
        const data = await ask<T>('GET', path, undefined, controller.signal);
        remember(path, data);
        if (!controller.signal.aborted) setState({ path, data, error: undefined });
      } catch (error) {
        if (controller.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, 'page-error', String(error));
        setState({ path, data: seen.get(path), error: known });
        if (known.isUnavailable) again = 0;
        else if (known.status < 500 && known.status > 0 && again > 0) again = Math.max(again, SLOW_MS); // it will hardly change its mind
        else if (known.isUnreachable || known.status >= 500) again = Math.max(everyMs, LIVE_MS);
      } finally {
        running = false;
      }
      if (again > 0 && !controller.signal.aborted) plan(again);
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
  }, [path, everyMs, turn]);

  const refresh = useCallback(() => setTurn((now) => now + 1), []);
  // the answer of another path is not this one's
  const mine = state.path === path ? state : { data: path === null ? undefined : seen.get(path) ?? (keep ? state.data : undefined), error: undefined };
  return { data: mine.data as T | undefined, error: mine.error, loading: path !== null && mine.data === undefined && mine.error === undefined, refresh };
}

function remember(path: string, data: unknown): void {
  seen.delete(path);
  seen.set(path, data);
  if (seen.size > MOST_SEEN) seen.delete(seen.keys().next().value!);
}
