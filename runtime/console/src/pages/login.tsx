import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import type { Session } from '../api/types';
import { useAction } from '../api/use-action';
import { useTexts } from '../app/context';
import { SettingsSwitches } from '../app/settings-switches';
import { Button } from '../components/button';
import { SecretField, TextField } from '../components/field';
import { Logo } from '../components/icon';
import { Empty, ErrorNote } from '../components/states';

export function LoginPage({ ended, disabled = false, onLogin }: { ended: boolean; disabled?: boolean; onLogin: (session: Session) => void }) {
  const t = useTexts();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const login = useAction(() => ask<Session>('POST', '/console/session', { user, password }));

  const submit = async (): Promise<void> => {
    const session = await login.run();
    if (session) onLogin(session);
    else setPassword('');
  };

  return (
    <main class="gate">
      <div class="gate-card">
        <div class="gate-head"><Logo size={44} /><h1>{t.title}</h1></div>
        {disabled ? <Empty icon="off" title={t.login.disabled} hint={t.login.disabledHint} /> : (
          <form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
            {ended && !login.error && <p class="note note-info" role="status">{t.login.ended}</p>}
            {login.error && (login.error.status === 401 ? <p class="note note-danger" role="alert">{t.login.wrong}</p> : <ErrorNote error={login.error} />)}
            <TextField label={t.login.user} name="user" value={user} onInput={setUser} autoComplete="username" autoFocus />
            <SecretField label={t.login.password} name="password" value={password} onInput={setPassword} autoComplete="current-password" />
            <Button type="submit" kind="primary" busy={login.busy} disabled={user === '' || password === ''}>{login.busy ? t.login.submitting : t.login.submit}</Button>
            <p class="muted small">{t.login.intro}</p>
          </form>
        )}
      </div>
      <SettingsSwitches />
    </main>
  );
}
