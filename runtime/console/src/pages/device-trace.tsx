/** What happened to one client, newest first. */
import { useEffect, useState } from 'preact/hooks';
import { segment } from '../api/client';
import type { DeviceEvent, OnlinePeriod } from '../api/observed-types';
import { usePages } from '../api/use-pages';
import { useTexts, useFormat } from '../app/context';
import type { PageProps } from '../app/pages';
import { go, href } from '../app/router';
import { Button, LinkButton } from '../components/button';
import { choices, SelectField, TextField } from '../components/field';
import { Badge, Card, Page, Time, type Tone } from '../components/layout';
import { Pager } from '../components/pager';
import { PagedTable } from '../components/paged-table';
import { Empty } from '../components/states';
import { rangeStart, type Range } from '../format/range';

export function DeviceTracePage({ route }: PageProps) {
  const t = useTexts();
  const clientId = route.rest[0] ?? '';
  const [typed, setTyped] = useState(clientId);
  const [range, setRange] = useState<Range>('86400000');
  useEffect(() => setTyped(clientId), [clientId]);
  return (
    <Page heading={t.traces.deviceHeading} intro={t.traces.deviceIntro}>
      <Card>
        <form class="filters" onSubmit={(event) => { event.preventDefault(); if (typed.trim() !== '') go(href('device-trace', [typed.trim()])); }}>
          <div class="field field-wide"><TextField label={t.common.clientId} type="search" mono placeholder="GID_demo@@@device-1" value={typed} onInput={setTyped} /></div>
          <SelectField label={t.traces.range} value={range} onChange={setRange} options={choices(t.traces.ranges)} />
          <Button type="submit" kind="primary" icon="search">{t.common.search}</Button>
        </form>
      </Card>
      {clientId === '' ? <Card><Empty icon="device" title={t.traces.ask} /></Card> : <><Events key={`${clientId} ${range}`} clientId={clientId} range={range} /><Periods key={`${clientId} ${range} periods`} clientId={clientId} range={range} /></>}
    </Page>
  );
}

const PAGE = 50;

function Events({ clientId, range }: { clientId: string; range: Range }) {
  const t = useTexts();
  const [from] = useState(() => rangeStart(range));
  const pages = usePages<DeviceEvent>(`/traces/devices/${segment(clientId)}`, { limit: PAGE, from }, 'events');
  return (
    <Card heading={clientId} flush actions={<span class="row"><LinkButton small icon="clients" href={href('clients', [clientId])}>{t.clients.session}</LinkButton><Button small icon="refresh" onClick={pages.refresh}>{t.common.refresh}</Button></span>}>
      <PagedTable pages={pages} caption={t.traces.deviceHeading} keyOf={(_, index) => String(index)} empty={<Empty icon="device" title={t.traces.noEvents} hint={t.traces.noEventsHint} />} columns={[
        { key: 'event', label: t.traces.event, head: true, cell: ({ event }) => <Badge tone={toneOf(event)}>{t.traces.events[event] ?? event}</Badge> },
        { key: 'at', label: t.common.time, cell: ({ at }) => <Time at={at} /> },
        { key: 'address', label: t.common.address, cell: ({ address }) => address && <code class="mono">{address}</code> },
        { key: 'detail', label: t.traces.detail, cell: ({ detail }) => <Detail detail={detail} /> },
        { key: 'gateway', label: t.clients.gateway, cell: ({ gatewayId }) => gatewayId && <code class="mono">{gatewayId}</code> },
      ]} />
      {pages.items && pages.items.length > 0 && <Pager pages={pages} />}
    </Card>
  );
}

function Periods({ clientId, range }: { clientId: string; range: Range }) {
  const t = useTexts();
  const { duration } = useFormat();
  const [from] = useState(() => rangeStart(range));
  const pages = usePages<OnlinePeriod>(`/clients/${segment(clientId)}/history`, { limit: PAGE, from }, 'periods');
  return (
    <Card heading={t.traces.periods} flush>
      <PagedTable pages={pages} caption={t.traces.periods} keyOf={(_, index) => String(index)} empty={<Empty icon="clients" title={t.traces.noPeriods} />} columns={[
        { key: 'from', label: t.common.from, head: true, cell: (period) => <Time at={period.from} /> },
        { key: 'to', label: t.common.to, cell: ({ to }) => (to === null ? <Badge tone="ok">{t.clients.online}</Badge> : <Time at={to} />) },
        { key: 'length', label: t.traces.duration, figure: true, cell: (period) => duration(((period.to ?? Date.now()) - period.from) / 1_000) },
        { key: 'address', label: t.common.address, cell: ({ address }) => address && <code class="mono">{address}</code> },
        { key: 'reason', label: t.traces.reason, cell: ({ reason }) => reason },
      ]} />
      {pages.items && pages.items.length > 0 && <Pager pages={pages} />}
    </Card>
  );
}

function toneOf(event: string): Tone {
  if (/refused|invalid|kicked|revoked|lost/.test(event)) return 'danger';
  if (/taken|disconnect|reaped|unsub/.test(event)) return 'warn';
  return /connect/.test(event) ? 'ok' : 'quiet';
}

/** What an event carries differs; a person reads names and values. */
function Detail({ detail }: { detail: unknown }) {
  if (detail === null || typeof detail !== 'object') return <>{detail === undefined || detail === null ? '' : String(detail)}</>;
  const { reason, detail: sentence, ...rest } = detail as { [name: string]: unknown };
  const told = Object.entries(rest).filter(([name]) => !['connectedAt', 'protocolVersion'].includes(name)).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return <>{[sentence ?? reason, ...told].filter((part) => part !== undefined && part !== '').map(String).join(' · ')}</>;
}
