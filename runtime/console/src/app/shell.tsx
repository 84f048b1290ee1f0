/** The frame around every page: navigation, who is logged in, settings, and what is told. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { Session } from '../api/types';
import { IconButton } from '../components/button';
import { Icon, Logo } from '../components/icon';
import { Empty, ErrorNote } from '../components/states';
import { Toasts, useToasts } from '../components/toast';
import { Boundary } from './boundary';
import { AppContext, useTexts } from './context';
import { PAGE_GROUPS, PAGES } from './pages';
import { href, useRoute, type Route } from './router';
import { SettingsSwitches } from './settings-switches';

export function Shell({ session, error, onLogOut }: { session: Session; error?: ApiError; onLogOut: () => void }) {
  const t = useTexts();
  const route = useRoute();
  const { toasts, tell } = useToasts();
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  const app = useMemo(() => ({ session, tell, logOut: onLogOut }), [session, tell, onLogOut]);
  const where = [route.page, ...route.rest].join('/');
  const first = useRef(true);

  useEffect(() => {
    setMenu(false);
    if (first.current) { first.current = false; return; }
    main.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [where]);
  const closeOnEscape = useCallback((event: KeyboardEvent) => { if (event.key === 'Escape') setMenu(false); }, []);

  return (
    <AppContext.Provider value={app}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{t.common.skip}</a>
      <div class="shell">
        <header class="top-bar">
          <IconButton icon={menu ? 'close' : 'menu'} label={t.common.menu} expanded={menu} onClick={() => setMenu(!menu)} />
          <a class="brand" href={href('overview')}><Logo size={26} /><span>{t.title}</span></a>
        </header>
        <div class={`side${menu ? ' side-open' : ''}`} onKeyDown={closeOnEscape}>
          <a class="brand" href={href('overview')}><Logo /><span>{t.title}</span></a>
          <Navigation route={route} />
          <footer class="side-foot">
            <SettingsSwitches />
            <div class="who"><span title={t.login.as(session.user, session.account)}><b>{session.user}</b><small>{session.account}</small></span><IconButton icon="out" label={t.login.logout} onClick={onLogOut} /></div>
          </footer>
        </div>
        {menu && <div class="veil" onClick={() => setMenu(false)} />}
        <main id="main" ref={main} tabIndex={-1}>
          {error && <ErrorNote error={error} onRetry={onLogOut} />}
          <Boundary key={where} fallback={(error) => <Empty icon="alert" title={t.errors.crashed} hint={t.errors.crashedFix}><pre class="small">{error.message}</pre></Empty>}>
            <Shown route={route} />
          </Boundary>
        </main>
      </div>
      <Toasts toasts={toasts} />
    </AppContext.Provider>
  );
}

function Navigation({ route }: { route: Route }) {
  const t = useTexts();
  return (
    <nav aria-label={t.nav.label}>
      {PAGE_GROUPS.map((group, index) => (
        <div key={index} class="nav-group">
          <p>{group.label(t)}</p>
          <ul>
            {group.pages.map(({ page, icon, label }) => (
              <li key={page}><a href={href(page)} aria-current={route.page === page ? 'page' : undefined}><Icon name={icon} /><span>{label(t)}</span></a></li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Shown({ route }: { route: Route }) {
  const t = useTexts();
  const entry = PAGES.find(({ page }) => page === route.page);
  if (!entry) return <Empty icon="alert" title={t.errors.notFound}><a href={href('overview')}>{t.errors.toOverview}</a></Empty>;
  return <entry.component route={route} />;
}
