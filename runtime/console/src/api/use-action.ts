/** Does something on the gateway once a person asks for it, and knows how that went. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './client';

export interface Action<A extends readonly unknown[], T> {
  readonly busy: boolean;
  readonly error: ApiError | undefined;
  /** Gives undefined when it was refused; `error` says why. */
  run(...args: A): Promise<T | undefined>;
  reset(): void;
}

export function useAction<A extends readonly unknown[], T>(work: (...args: A) => Promise<T>): Action<A, T> {
  const [state, setState] = useState<{ busy: boolean; error: ApiError | undefined }>({ busy: false, error: undefined });
  const latest = useRef(work);
  latest.current = work;
  const mounted = useRef(true);
  useEffect(() => () => { mounted.current = false; }, []);

  const run = useCallback(async (...args: A): Promise<T | undefined> => {
    setState({ busy: true, error: undefined });
    try {
      const result = await latest.current(...args);
      if (mounted.current) setState({ busy: false, error: undefined });
      return result;
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError(0, 'page-error', String(error));
      if (mounted.current) setState({ busy: false, error: known });
      return undefined;
    }
  }, []);
  const reset = useCallback(() => setState({ busy: false, error: undefined }), []);
  return { ...state, run, reset };
}
