/** One session: where it is connected, what it subscribes to, and what waits for it. */
import { useState } from 'preact/hooks';
import { segment } from '../api/client';
import type { Client } from '../api/types';
import { LIVE_MS, useQuery } from '../api/use-query';
import { useFormat, useTexts } from '../app/context';
import { href } from '../app/router';
import { Button, LinkButton } from '../components/button';
import { Copyable } from '../components/copy';
import { Ago, Badge, Card, Facts } from '../components/layout';
import { Empty, Loaded } from '../components/states';
import { DataTable } from '../components/table';
import { KickDialog } from './kick-dialog';

export function ClientDetails({ clientId }: { clientId: string }) {
  const t = useTexts();
  const [kicking, setKicking] = useState(false);
  const query = useQuery<Client>(`/clients/${segment(clientId)}`, LIVE_MS);
  const links = (
    <span class="row">
      <LinkButton small icon="device" href={href('device-trace', [clientId])}>{t.clients.trace}</LinkButton>
      <LinkButton small icon="credential" href={href('devices', [clientId])}>{t.clients.credential}</LinkButton>
    </span>
  );
  if (query.error?.code === 'session-unknown') return <Card><Empty icon="off" title={t.clients.unknown} hint={t.clients.unknownHint}>{links}</Empty></Card>;
  return (
    <Loaded query={query}>
      {(client) => (
        <>
          <Card heading={t.clients.session} actions={<span class="row">{links}{client.online && <Button small kind="danger" icon="out" onClick={() => setKicking(true)}>{t.clients.kick}</Button>}</span>}>
            <SessionFacts client={client} />
          </Card>
          <Card heading={t.clients.subscriptions} flush>
            {client.subscriptions.length === 0 ? <Empty title={t.clients.noSubscriptions} /> : (
              <DataTable caption={t.clients.subscriptions} rows={client.subscriptions} keyOf={({ filter }) => filter} columns={[
                { key: 'filter', label: t.clients.filter, head: true, cell: ({ filter }) => <code class="mono">{filter}</code> },
                { key: 'qos', label: t.send.qos, figure: true, cell: ({ qos }) => String(qos) },
              ]} />
            )}
          </Card>
          {kicking && <KickDialog clientId={clientId} onClose={() => setKicking(false)} onDone={() => { setKicking(false); query.refresh(); }} />}
        </>
      )}
    </Loaded>
  );
}

function SessionFacts({ client }: { client: Client }) {
  const t = useTexts();
  const { number } = useFormat();
  const { backlog } = client;
  return (
    <Facts facts={[
      { label: t.common.clientId, value: <Copyable text={client.clientId} what={t.common.clientId} />, wide: true },
      { label: t.common.state, value: <Badge tone={client.online ? 'ok' : 'quiet'}>{client.online ? t.clients.online : t.clients.offline}</Badge> },
      { label: t.clients.session, value: client.stored ? t.clients.persistent : t.clients.clean },
      { label: t.common.address, value: client.address ?? '–' },
      { label: t.clients.listener, value: client.listener ?? '–' },
      { label: t.clients.gateway, value: client.gatewayId === null ? '–' : <code class="mono">{client.gatewayId}</code>, wide: true },
      { label: t.clients.connectedAt, value: client.connectedAt === null ? '–' : <Ago at={client.connectedAt} /> },
      { label: t.clients.lastActivity, value: client.lastActivityAt === null ? '–' : <Ago at={client.lastActivityAt} /> },
      { label: t.clients.inFlight, value: number(client.inFlight) },
      { label: t.clients.backlog, value: backlog === null ? '–' : t.clients.backlogOf(backlog.messages, backlog.more) },
    ]} />
  );
}
