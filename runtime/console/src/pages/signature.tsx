/** Username and password of a client, and what is wrong with those that it sends. Nothing typed here goes anywhere. */
import { useState } from 'preact/hooks';
import type { Group, Instance } from '../api/types';
import { useQuery } from '../api/use-query';
import { useTexts } from '../app/context';
import { Button } from '../components/button';
import { Copyable } from '../components/copy';
import { choices, Segmented, SecretField, TextField } from '../components/field';
import { Icon } from '../components/icon';
import { Card, Facts, Page } from '../components/layout';
import { Empty, ErrorNote } from '../components/states';
import { judgeClientId, judgePassword, judgeUsername, type Finding, type Known } from '../signature/diagnose';
import { signPassword, usernameOf, type SignatureMode } from '../signature/sign';

interface Given { readonly mode: SignatureMode; readonly clientId: string; readonly keyId: string; readonly secret: string; readonly username: string; readonly password: string }

const NOTHING: Given = { mode: 'Signature', clientId: '', keyId: '', secret: '', username: '', password: '' };

export function SignaturePage() {
  const t = useTexts();
  const instance = useQuery<Instance>('/instance');
  const groups = useQuery<{ groups: Group[] }>('/groups');
  const [given, setGiven] = useState(NOTHING);
  const set = (change: Partial<Given>): void => setGiven({ ...given, ...change });
  const { mode, clientId, keyId, secret } = given;
  const device = mode === 'DeviceCredential';
  const complete = clientId !== '' && keyId !== '' && secret !== '' && instance.data !== undefined;
  const known: Known = { mode, clientId, keyId, secret, instanceId: instance.data?.instanceId ?? '' };
  const clientFindings = clientId === '' ? [] : judgeClientId(clientId, groups.data?.groups.map(({ name }) => name), instance.data?.limits.clientIdLength);
  return (
    <Page heading={t.signature.heading} intro={t.signature.intro}>
      {instance.error && !instance.data && <ErrorNote error={instance.error} onRetry={instance.refresh} />}
      <div class="columns">
        <Card class="stack">
          <Segmented label={t.signature.mode} value={mode} onChange={(value) => set({ mode: value })} options={choices(t.signature.modes)} />
          <TextField label={t.signature.clientId} mono placeholder="GID_demo@@@device-1" value={clientId} onInput={(value) => set({ clientId: value })} error={clientFindings.map((finding) => t.signature.findings[finding]).join(' ') || undefined} />
          <TextField label={device ? t.signature.deviceKeyId : t.signature.keyId} mono value={keyId} onInput={(value) => set({ keyId: value })} />
          <SecretField label={device ? t.signature.deviceSecret : t.signature.keySecret} value={secret} onInput={(value) => set({ secret: value })} />
          <Button onClick={() => setGiven(NOTHING)}>{t.signature.clear}</Button>
        </Card>
        <Card heading={t.signature.result} hint={t.signature.formula}>
          {complete ? (
            <Facts facts={[
              { label: t.signature.clientId, value: <Copyable text={clientId} what={t.signature.clientId} />, wide: true },
              { label: t.signature.username, value: <Copyable text={usernameOf(mode, keyId, known.instanceId)} what={t.signature.username} />, wide: true },
              { label: t.signature.password, value: <Copyable text={signPassword(secret, clientId)} what={t.signature.password} />, wide: true },
            ]} />
          ) : <Empty icon="signature" title={t.signature.fill} />}
        </Card>
        <Card heading={t.signature.check} class="wide stack">
          <div class="form-row">
            <TextField label={`${t.signature.givenUsername} (${t.common.optional})`} mono value={given.username} onInput={(value) => set({ username: value })} />
            <TextField label={t.signature.givenPassword} mono value={given.password} onInput={(value) => set({ password: value })} />
          </div>
          {!complete ? <p class="muted">{t.signature.fill}</p> : <Verdict given={given} known={known} />}
        </Card>
      </div>
    </Page>
  );
}

function Verdict({ given: { username, password }, known }: { given: Given; known: Known }) {
  const t = useTexts();
  if (username === '' && password === '') return null;
  const findings: Finding[] = [...(username === '' ? [] : judgeUsername(username, known)), ...(password === '' ? [] : judgePassword(password, known))];
  if (findings.length === 0) {
    return password === '' ? null : <div class="note note-ok" role="status"><Icon name="check" /><p class="note-title">{username === '' ? t.signature.right : t.signature.rightBoth}</p></div>;
  }
  return (
    <div class="note note-danger" role="status">
      <Icon name="alert" />
      <div><p class="note-title">{t.signature.wrongHeading}</p><ul class="findings">{findings.map((finding) => <li key={finding}>{t.signature.findings[finding]}</li>)}</ul></div>
    </div>
  );
}
