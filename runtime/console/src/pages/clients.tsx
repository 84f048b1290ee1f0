/** Who is connected: by client, by group, by topic; live, with the way to close a connection. */
import { useEffect, useState } from 'preact/hooks';
import { withQuery } from '../api/client';
import type { ClientPage, Group, OnlineClient, Topic } from '../api/types';
import { LIVE_MS, useQuery } from '../api/use-query';
import { useFormat, useTexts } from '../app/context';
import type { PageProps } from '../app/pages';
import { go, href } from '../app/router';
import { Button, LinkButton } from '../components/button';
import { choices, Segmented, SelectField, TextField } from '../components/field';
import { Ago, Card, Page } from '../components/layout';
import { Empty, Loaded } from '../components/states';
import { DataTable } from '../components/table';
import { ClientDetails } from './client-details';
import { KickDialog } from './kick-dialog';

const BY = ['client', 'group', 'topic'] as const;
type By = (typeof BY)[number];
const PAGE = 50;

export function ClientsPage({ route }: PageProps) {
  const t = useTexts();
  const [clientId] = route.rest;
  const by = clientId !== undefined ? 'client' : BY.find((each) => each === route.query.get('by')) ?? 'group';
  return (
    <Page heading={t.clients.heading} intro={t.clients.intro} live>
      <Segmented hideLabel label={t.clients.heading} value={by} onChange={(value: By) => go(href('clients', [], { by: value }))} options={choices(t.clients.by)} />
      {by === 'client' ? <ByClient clientId={clientId ?? ''} /> : by === 'group' ? <ByGroup group={route.query.get('group') ?? ''} /> : <ByTopic topic={route.query.get('topic') ?? ''} />}
    </Page>
  );
}

function ByClient({ clientId }: { clientId: string }) {
  const t = useTexts();
  const [typed, setTyped] = useState(clientId);
  useEffect(() => setTyped(clientId), [clientId]);
  return (
    <>
      <Card>
        <form class="filters" onSubmit={(event) => { event.preventDefault(); if (typed.trim() !== '') go(href('clients', [typed.trim()])); }}>
          <div class="field-wide field"><TextField label={t.common.clientId} type="search" mono placeholder="GID_demo@@@device-1" value={typed} onInput={setTyped} /></div>
          <Button type="submit" kind="primary" icon="search">{t.common.search}</Button>
        </form>
      </Card>
      {clientId === '' ? <Card><Empty icon="search" title={t.clients.enterId} /></Card> : <ClientDetails key={clientId} clientId={clientId} />}
    </>
  );
}

function ByGroup({ group }: { group: string }) {
  const t = useTexts();
  const groups = useQuery<{ groups: Group[] }>('/groups');
  const options = [{ value: '', label: t.clients.anyGroup }, ...(groups.data?.groups ?? []).map(({ name }) => ({ value: name, label: name }))];
  return (
    <OnlineList key={group} query={{ group }} filter={<SelectField label={t.common.groupId} value={group} options={withChosen(options, group)} onChange={(value) => go(href('clients', [], { by: 'group', group: value }))} />} />
  );
}

function ByTopic({ topic }: { topic: string }) {
  const t = useTexts();
  const topics = useQuery<{ topics: Topic[] }>('/topics');
  const options = [{ value: '', label: t.clients.anyTopic }, ...(topics.data?.topics ?? []).map(({ name }) => ({ value: name, label: name }))];
  return (
    <OnlineList key={topic} query={topic === '' ? null : { topic }} filter={<SelectField label={t.common.parentTopic} value={topic} options={withChosen(options, topic)} onChange={(value) => go(href('clients', [], { by: 'topic', topic: value }))} />} />
  );
}

/** Before the list is there, and when it lacks what the address names. */
function withChosen(options: readonly { value: string; label: string }[], chosen: string) {
  return options.some(({ value }) => value === chosen) ? options : [...options, { value: chosen, label: chosen }];
}

function OnlineList({ query, filter }: { query: { readonly [name: string]: string } | null; filter: preact.ComponentChildren }) {
  const t = useTexts();
  const { number } = useFormat();
  const [after, setAfter] = useState<string | undefined>(undefined);
  const [kicking, setKicking] = useState<string | null>(null);
  const page = useQuery<ClientPage>(query && withQuery('/clients', { ...query, limit: PAGE, after }), LIVE_MS);
  return (
    <Card flush>
      <div class="filters">{filter}</div>
      {query === null ? <Empty icon="topics" title={t.clients.anyTopic} /> : (
        <Loaded query={page}>
          {({ clients, total, next }) => (
            <>
              {clients.length === 0 ? <Empty icon="clients" title={t.clients.empty} hint={t.clients.emptyHint} /> : <OnlineTable clients={clients} onKick={setKicking} />}
              {(total > 0 || after !== undefined) && (
                <div class="pager">
                  <span class="muted small">{t.clients.total(number(total))}</span>
                  <span class="row">
                    {after !== undefined && <Button small onClick={() => setAfter(undefined)}>{t.clients.first}</Button>}
                    {next !== null && <Button small onClick={() => setAfter(next)}>{t.clients.next}</Button>}
                  </span>
                </div>
              )}
            </>
          )}
        </Loaded>
      )}
      {kicking !== null && <KickDialog clientId={kicking} onClose={() => setKicking(null)} onDone={() => { setKicking(null); page.refresh(); }} />}
    </Card>
  );
}

function OnlineTable({ clients, onKick }: { clients: readonly OnlineClient[]; onKick: (clientId: string) => void }) {
  const t = useTexts();
  return (
    <DataTable caption={t.clients.heading} rows={clients} keyOf={({ clientId }) => clientId} columns={[
      { key: 'id', label: t.common.clientId, head: true, cell: ({ clientId }) => <a class="mono" href={href('clients', [clientId])}>{clientId}</a> },
      { key: 'address', label: t.common.address, cell: ({ address }) => address && <code class="mono">{address}</code> },
      { key: 'listener', label: t.clients.listener, cell: ({ listener }) => listener },
      { key: 'since', label: t.clients.connectedAt, cell: ({ connectedAt }) => (connectedAt === null ? '' : <Ago at={connectedAt} />) },
      { key: 'last', label: t.clients.lastActivity, cell: ({ lastActivityAt }) => (lastActivityAt === null ? '' : <Ago at={lastActivityAt} />) },
      {
        key: 'actions', label: t.common.actions, actions: true,
        cell: ({ clientId }) => (
          <>
            <LinkButton small kind="quiet" href={href('clients', [clientId])} label={`${t.common.details}: ${clientId}`}>{t.common.details}</LinkButton>
            <Button small kind="danger" icon="out" label={`${t.clients.kick}: ${clientId}`} onClick={() => onKick(clientId)}>{t.clients.kick}</Button>
          </>
        ),
      },
    ]} />
  );
}
