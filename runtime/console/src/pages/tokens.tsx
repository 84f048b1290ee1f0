/** Tokens (A2): apply, query, revoke. */
import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import type { AccessKey, Instance, IssuedToken, TokenAction, TokenStatus, Topic } from '../api/types';
import { useAction } from '../api/use-action';
import { useQuery } from '../api/use-query';
import { useApp, useTexts } from '../app/context';
import { Button } from '../components/button';
import { Copyable, CodeBlock } from '../components/copy';
import { Confirm } from '../components/dialog';
import { AreaField, CheckField, choices, SelectField, TextField } from '../components/field';
import { Badge, Card, Facts, Page, Time } from '../components/layout';
import { ErrorNote } from '../components/states';

type Duration = '3600' | '43200' | '86400' | '604800' | '2592000';

interface Wish { readonly keyId: string; readonly actions: readonly TokenAction[]; readonly resources: string; readonly seconds: Duration }
/** What was issued, with what it takes to use it. */
interface Issued extends IssuedToken { readonly keyId: string; readonly actions: readonly TokenAction[] }

export function TokensPage() {
  const t = useTexts();
  return (
    <Page heading={t.tokens.heading} intro={t.tokens.intro}>
      <div class="columns"><ApplyCard /><QueryCard /></div>
    </Page>
  );
}

function ApplyCard() {
  const t = useTexts();
  const topics = useQuery<{ topics: Topic[] }>('/topics');
  const [wish, setWish] = useState<Wish>({ keyId: '', actions: ['R'], resources: '', seconds: '86400' });
  const [issued, setIssued] = useState<Issued | null>(null);
  const apply = useAction(async () => {
    const { keyId, actions, resources, seconds } = wish;
    return ask<IssuedToken>('POST', '/tokens', { keyId, actions, resources: linesOf(resources), expireTime: Date.now() + Number(seconds) * 1_000 });
  });
  const set = (change: Partial<Wish>): void => { setWish({ ...wish, ...change }); setIssued(null); };
  const toggle = (action: TokenAction, on: boolean): void => set({ actions: (['R', 'W'] as const).filter((each) => (each === action ? on : wish.actions.includes(each))) });
  const submit = async (): Promise<void> => {
    const answer = await apply.run();
    if (answer) setIssued({ ...answer, keyId: wish.keyId, actions: wish.actions });
  };
  const example = topics.data?.topics[0]?.name;
  return (
    <Card heading={t.tokens.apply}>
      <form class="stack" noValidate onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <KeyField value={wish.keyId} onChange={(keyId) => set({ keyId })} />
        <fieldset class="stack-tight"><legend class="legend">{t.tokens.actions}</legend>
          <CheckField label={t.tokens.read} checked={wish.actions.includes('R')} onChange={(on) => toggle('R', on)} />
          <CheckField label={t.tokens.write} checked={wish.actions.includes('W')} onChange={(on) => toggle('W', on)} />
          {wish.actions.length === 0 && <p class="field-error">{t.tokens.chooseAction}</p>}
        </fieldset>
        <AreaField label={t.tokens.resources} hint={example ? `${t.tokens.resourcesHint} (${example}/#)` : t.tokens.resourcesHint} rows={3} value={wish.resources} onInput={(value) => set({ resources: value })} />
        <SelectField label={t.tokens.lasts} value={wish.seconds} onChange={(value) => set({ seconds: value })} options={choices(t.tokens.durations)} />
        {apply.error && <ErrorNote error={apply.error} />}
        <div><Button type="submit" kind="primary" icon="tokens" busy={apply.busy} disabled={wish.keyId === '' || wish.actions.length === 0 || linesOf(wish.resources).length === 0}>{t.tokens.submit}</Button></div>
      </form>
      {issued && <IssuedNote issued={issued} />}
    </Card>
  );
}

/** A key that nobody signs with bounds no token. */
function KeyField({ value, onChange }: { value: string; onChange: (keyId: string) => void }) {
  const t = useTexts();
  const keys = useQuery<{ accessKeys: AccessKey[] }>('/access-keys');
  const frame = { label: t.tokens.keyId, hint: t.tokens.keyIdHint };
  // a gateway of an earlier version has no list
  if (keys.error?.isUnavailable) return <TextField {...frame} mono value={value} onInput={(typed) => onChange(typed.trim())} />;
  const options = (keys.data?.accessKeys ?? []).filter(({ state }) => state === 'active').map(({ keyId, account, access }) => ({ value: keyId, label: `${keyId} (${account}${access === 'all' ? '' : `, ${t.tokens.granted}`})` }));
  return (
    <>
      <SelectField {...frame} value={value} onChange={onChange} options={[{ value: '', label: keys.data && options.length === 0 ? t.tokens.noKeys : t.tokens.chooseKey }, ...options]} />
      {keys.error && <ErrorNote error={keys.error} onRetry={keys.refresh} />}
    </>
  );
}

function IssuedNote({ issued }: { issued: Issued }) {
  const t = useTexts();
  const instance = useQuery<Instance>('/instance');
  const type = issued.actions.join('');
  return (
    <div class="stack issued" role="status">
      <div><h3>{t.tokens.issued}</h3><p class="muted small">{t.tokens.issuedHint}</p></div>
      <CodeBlock text={issued.token} what={t.tokens.token} />
      <Facts facts={[
        { label: t.tokens.tokenId, value: <Copyable text={issued.tokenId} what={t.tokens.tokenId} />, wide: true },
        { label: t.tokens.expires, value: <Time at={issued.expireTime} /> },
        ...(instance.data ? [{ label: t.tokens.username, value: <Copyable text={`Token|${issued.keyId}|${instance.data.instanceId}`} what={t.tokens.username} />, wide: true }] : []),
      ]} />
      <div class="stack-tight"><span class="legend">{t.tokens.password}</span><CodeBlock text={`${type}|${issued.token}`} what={t.tokens.password} /></div>
    </div>
  );
}

function QueryCard() {
  const t = useTexts();
  const { tell } = useApp();
  const [token, setToken] = useState('');
  const [status, setStatus] = useState<TokenStatus | null>(null);
  const [revoking, setRevoking] = useState(false);
  const query = useAction(() => ask<TokenStatus>('POST', '/tokens/query', { token: token.trim() }));
  const revoke = useAction(() => ask<object>('POST', '/tokens/revoke', { token: token.trim() }));
  const look = async (): Promise<void> => setStatus((await query.run()) ?? null);
  const confirm = async (): Promise<void> => {
    if (!(await revoke.run())) return;
    setRevoking(false);
    tell(t.tokens.revoked);
    await look();
  };
  return (
    <Card heading={t.tokens.query}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void look(); }}>
        <AreaField label={t.tokens.token} rows={4} value={token} onInput={(value) => { setToken(value); setStatus(null); query.reset(); }} />
        <div class="row">
          <Button type="submit" kind="primary" icon="search" busy={query.busy} disabled={token.trim() === ''}>{t.tokens.check}</Button>
          <Button kind="danger" disabled={token.trim() === ''} onClick={() => { revoke.reset(); setRevoking(true); }}>{t.tokens.revoke}</Button>
        </div>
        {query.error && <ErrorNote error={query.error} />}
        {status && <StatusFacts status={status} />}
      </form>
      {revoking && <Confirm heading={t.tokens.revokeHeading} action={revoke} submit={t.tokens.revoke} onConfirm={() => void confirm()} onClose={() => setRevoking(false)}><p>{t.tokens.revokeText}</p></Confirm>}
    </Card>
  );
}

function StatusFacts({ status: { valid, problem, token } }: { status: TokenStatus }) {
  const t = useTexts();
  return (
    <div role="status">
      <Facts facts={[
        { label: t.common.state, value: <><Badge tone={valid ? 'ok' : 'danger'}>{valid ? t.tokens.valid : t.tokens.invalid}</Badge>{problem && ` ${t.tokens.problems[problem] ?? problem}`}</> },
        ...(token ? [
          { label: t.tokens.tokenId, value: <code class="mono">{token.tokenId}</code>, wide: true },
          { label: t.tokens.keyId, value: <code class="mono">{token.keyId}</code> },
          { label: t.tokens.actions, value: token.actions.join(', ') },
          { label: t.tokens.resources, value: <code class="mono">{token.resources.join(', ')}</code>, wide: true },
          { label: t.tokens.expires, value: <Time at={token.expireTime} /> },
        ] : []),
      ]} />
    </div>
  );
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}
