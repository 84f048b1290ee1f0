/** Device credentials (A3): look up, register, refresh, unregister. */
import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask, segment } from '../api/client';
import type { DeviceCredential } from '../api/types';
import { useAction } from '../api/use-action';
import { useApp, useTexts } from '../app/context';
import type { PageProps } from '../app/pages';
import { go, href } from '../app/router';
import { Button } from '../components/button';
import { Copyable, CopyButton } from '../components/copy';
import { Confirm } from '../components/dialog';
import { TextField } from '../components/field';
import { Card, Facts, Page, Time } from '../components/layout';
import { Empty, ErrorNote, Skeleton } from '../components/states';
import { signPassword, usernameOf } from '../signature/sign';

export function DevicesPage({ route }: PageProps) {
  const t = useTexts();
  const clientId = route.rest[0] ?? '';
  const [typed, setTyped] = useState(clientId);
  useEffect(() => setTyped(clientId), [clientId]);
  return (
    <Page heading={t.devices.heading} intro={t.devices.intro}>
      <Card>
        <form class="filters" onSubmit={(event) => { event.preventDefault(); if (typed.trim() !== '') go(href('devices', [typed.trim()])); }}>
          <div class="field field-wide"><TextField label={t.devices.clientId} type="search" mono placeholder="GID_demo@@@device-1" value={typed} onInput={setTyped} /></div>
          <Button type="submit" kind="primary" icon="search">{t.devices.look}</Button>
        </form>
      </Card>
      {clientId === '' ? <Card><Empty icon="credential" title={t.devices.enter} /></Card> : <Credential key={clientId} clientId={clientId} />}
    </Page>
  );
}

type Found = { readonly credential: DeviceCredential } | { readonly error: ApiError } | null;

function Credential({ clientId }: { clientId: string }) {
  const t = useTexts();
  const { tell } = useApp();
  const path = `/clients/${segment(clientId)}/credential`;
  const [found, setFound] = useState<Found>(null);
  const [asking, setAsking] = useState<'refresh' | 'unregister' | null>(null);
  const look = useAction(() => ask<DeviceCredential>('GET', path).then((credential) => setFound({ credential }), (error: unknown) => {
    if (error instanceof ApiError) setFound({ error });
    else throw error;
  }));
  const register = useAction(() => ask<DeviceCredential>('POST', path));
  const refresh = useAction(() => ask<DeviceCredential>('POST', `${path}/refresh`));
  const unregister = useAction(() => ask<object>('DELETE', path));
  useEffect(() => void look.run(), [path]);

  const did = async (action: { run(): Promise<unknown> }, text: string): Promise<void> => {
    if ((await action.run()) === undefined) return;
    setAsking(null);
    tell(text);
    await look.run();
  };
  if (found === null) return <Card><Skeleton /></Card>;
  if ('error' in found) {
    if (found.error.code !== 'credential-not-found') return <ErrorNote error={found.error} onRetry={() => void look.run()} />;
    return (
      <Card>
        <Empty icon="credential" title={t.devices.none} hint={t.devices.noneHint}><Button kind="primary" icon="plus" busy={register.busy} onClick={() => void did(register, t.devices.registered)}>{t.devices.register}</Button></Empty>
        {register.error && <ErrorNote error={register.error} />}
      </Card>
    );
  }
  return (
    <Card heading={clientId} actions={<span class="row"><Button small icon="refresh" onClick={() => { refresh.reset(); setAsking('refresh'); }}>{t.devices.refresh}</Button><Button small kind="danger" icon="trash" onClick={() => { unregister.reset(); setAsking('unregister'); }}>{t.devices.unregister}</Button></span>}>
      <CredentialFacts credential={found.credential} />
      {asking === 'refresh' && <Confirm heading={t.devices.refreshHeading} action={refresh} submit={t.devices.refresh} onConfirm={() => void did(refresh, t.devices.refreshed)} onClose={() => setAsking(null)}><p>{t.devices.refreshText}</p></Confirm>}
      {asking === 'unregister' && <Confirm heading={t.devices.unregisterHeading} action={unregister} submit={t.devices.unregister} onConfirm={() => void did(unregister, t.devices.unregistered)} onClose={() => setAsking(null)}><p>{t.devices.unregisterText}</p></Confirm>}
    </Card>
  );
}

function CredentialFacts({ credential }: { credential: DeviceCredential }) {
  const t = useTexts();
  const { clientId, deviceAccessKeyId, deviceAccessKeySecret, instanceId, account, createTime, updateTime } = credential;
  return (
    <Facts facts={[
      { label: t.devices.id, value: <Copyable text={deviceAccessKeyId} what={t.devices.id} />, wide: true },
      { label: t.devices.secret, value: <Hidden text={deviceAccessKeySecret} what={t.devices.secret} />, wide: true },
      { label: t.tokens.username, value: <Copyable text={usernameOf('DeviceCredential', deviceAccessKeyId, instanceId)} what={t.tokens.username} />, wide: true },
      { label: t.tokens.password, value: <Hidden text={signPassword(deviceAccessKeySecret, clientId)} what={t.tokens.password} />, wide: true },
      { label: t.common.account, value: account },
      { label: t.common.created, value: <Time at={createTime} /> },
      { label: t.devices.updated, value: <Time at={updateTime} /> },
    ]} />
  );
}

/** Not for everybody who looks over a shoulder. */
function Hidden({ text, what }: { text: string; what: string }) {
  const t = useTexts();
  const [shown, setShown] = useState(false);
  return <span class="copyable"><code class="mono">{shown ? text : '••••••••'}</code><CopyButton text={text} what={what} /><Button small kind="quiet" label={`${shown ? t.common.hide : t.common.show}: ${what}`} onClick={() => setShown(!shown)}>{shown ? t.common.hide : t.common.show}</Button></span>;
}
