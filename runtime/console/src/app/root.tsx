/** Settings around everything, and the gate: who is not logged in sees the log-in, and comes back to the page that was asked for. */
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, ask, onLoggedOut } from '../api/client';
import type { Session } from '../api/types';
import { forgetAnswers, LIVE_MS } from '../api/use-query';
import { ErrorNote, Skeleton } from '../components/states';
import { LANGUAGES } from '../i18n/languages';
import { LoginPage } from '../pages/login';
import { SettingsContext, type Settings } from './context';
import { storedLanguage, storedTheme, storeLanguage, storeTheme } from './preferences';
import { Shell } from './shell';

type State =
  | { readonly at: 'start'; readonly error?: ApiError }
  | { readonly at: 'login'; readonly ended: boolean }
  | { readonly at: 'disabled' }
  /** `error`: why logging out failed. */
  | { readonly at: 'in'; readonly session: Session; readonly error?: ApiError };

export function Root() {
  const settings = useSettingsState();
  const [state, setState] = useState<State>({ at: 'start' });

  const look = useCallback(async () => {
    try {
      setState({ at: 'in', session: await ask<Session>('GET', '/console/session') });
    } catch (error) {
      const known = apiErrorOf(error);
      if (known.status === 401) setState({ at: 'login', ended: false });
      else if (known.status === 404) setState({ at: 'disabled' });
      else setState({ at: 'start', error: known });
    }
  }, []);
  useEffect(() => { void look(); }, [look]);
  useEffect(() => {
    if (state.at !== 'start' || !state.error) return;
    const timer = setTimeout(() => void look(), LIVE_MS);
    return () => clearTimeout(timer);
  }, [state, look]);
  useEffect(() => onLoggedOut(() => {
    forgetAnswers();
    setState((now) => (now.at === 'in' ? { at: 'login', ended: true } : now));
  }), []);

  const logOut = useCallback(async () => {
    try {
      await ask('DELETE', '/console/session');
    } catch (error) {
      // the session may stand: nobody is to believe that it has ended
      return setState((now) => (now.at === 'in' ? { ...now, error: apiErrorOf(error) } : now));
    }
    forgetAnswers();
    setState({ at: 'login', ended: false });
  }, []);

  return (
    <SettingsContext.Provider value={settings}>
      {state.at === 'start' && <main class="gate">{state.error ? <ErrorNote error={state.error} onRetry={() => void look()} /> : <Skeleton />}</main>}
      {state.at === 'disabled' && <LoginPage disabled ended={false} onLogin={() => undefined} />}
      {state.at === 'login' && <LoginPage ended={state.ended} onLogin={(session) => setState({ at: 'in', session })} />}
      {state.at === 'in' && <Shell session={state.session} {...(state.error && { error: state.error })} onLogOut={() => void logOut()} />}
    </SettingsContext.Provider>
  );
}

function apiErrorOf(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, 'page-error', String(error));
}

function useSettingsState(): Settings {
  const [language, setLanguage] = useState(storedLanguage);
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => { document.documentElement.lang = LANGUAGES[language].tag; }, [language]);
  return useMemo(() => ({
    language, theme,
    setLanguage: (chosen) => { storeLanguage(chosen); setLanguage(chosen); },
    setTheme: (chosen) => { storeTheme(chosen); setTheme(chosen); },
  }), [language, theme]);
}
