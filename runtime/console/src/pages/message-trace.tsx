/** Where a message came from, and who got it. */
import { useEffect, useState } from 'preact/hooks';
import { segment } from '../api/client';
import type { Delivery, DeliveryState, MessageTrace, TracedMessage } from '../api/observed-types';
import { usePages } from '../api/use-pages';
import { useQuery, type Following } from '../api/use-query';
import { useFormat, useTexts } from '../app/context';
import type { PageProps } from '../app/pages';
import { go, href } from '../app/router';
import { Button } from '../components/button';
import { Copyable } from '../components/copy';
import { choices, SelectField, TextField } from '../components/field';
import { Badge, Card, Facts, Page, Time, type Tone } from '../components/layout';
import { Pager } from '../components/pager';
import { PagedTable } from '../components/paged-table';
import { Empty, Loaded } from '../components/states';
import { DataTable } from '../components/table';
import { rangeStart, type Range } from '../format/range';

/** Deliveries follow within moments: the first looks may be too early to see all of them. */
const FOLLOWING: Following<MessageTrace> = {
  everyMs: 5_000, mostMs: 120_000,
  isOver: ({ deliveries }, followedMs) => followedMs >= 10_000 && deliveries.every(({ state, qos }) => state === 'acknowledged' || (state === 'sent' && qos === 0)),
};
const PAGE = 50;

export function MessageTracePage({ route }: PageProps) {
  const t = useTexts();
  const id = route.rest[0];
  return (
    <Page heading={t.traces.messageHeading} intro={t.traces.messageIntro} {...(id !== undefined && { back: { href: href('message-trace'), label: t.traces.byTopic } })}>
      <IdCard id={id ?? ''} />
      {id === undefined ? <Messages /> : <Trace key={id} id={id} />}
    </Page>
  );
}

function IdCard({ id }: { id: string }) {
  const t = useTexts();
  const [typed, setTyped] = useState(id);
  useEffect(() => setTyped(id), [id]);
  return (
    <Card>
      <form class="filters" onSubmit={(event) => { event.preventDefault(); if (typed.trim() !== '') go(href('message-trace', [typed.trim()])); }}>
        <div class="field field-wide"><TextField label={t.traces.messageId} type="search" mono value={typed} onInput={setTyped} /></div>
        <Button type="submit" kind="primary" icon="search">{t.common.search}</Button>
      </form>
    </Card>
  );
}

interface Wanted { readonly topic: string; readonly clientId: string; readonly range: Range; readonly from: number }

function Messages() {
  const t = useTexts();
  const { number } = useFormat();
  const [typed, setTyped] = useState<Omit<Wanted, 'from'>>({ topic: '', clientId: '', range: '3600000' });
  const [wanted, setWanted] = useState<Wanted>(() => ({ ...typed, from: rangeStart(typed.range) }));
  const { topic, clientId, from } = wanted;
  const pages = usePages<TracedMessage>('/traces/messages', { topic: topic || undefined, clientId: clientId || undefined, from, limit: PAGE }, 'messages');
  return (
    <Card heading={t.traces.byTopic} flush>
      <form class="filters" onSubmit={(event) => { event.preventDefault(); setWanted({ range: typed.range, topic: typed.topic.trim(), clientId: typed.clientId.trim(), from: rangeStart(typed.range) }); }}>
        <TextField label={t.common.topic} type="search" mono placeholder="demo/a" value={typed.topic} onInput={(value) => setTyped({ ...typed, topic: value })} />
        <TextField label={t.common.clientId} type="search" mono value={typed.clientId} onInput={(value) => setTyped({ ...typed, clientId: value })} />
        <SelectField label={t.traces.range} value={typed.range} onChange={(value) => setTyped({ ...typed, range: value })} options={choices(t.traces.ranges)} />
        <Button type="submit" icon="search">{t.common.search}</Button>
      </form>
      <PagedTable pages={pages} caption={t.traces.messageHeading} keyOf={({ messageId }) => String(messageId)} empty={<Empty icon="trace" title={t.traces.none} hint={t.traces.noneHint} />} columns={[
        { key: 'id', label: t.traces.messageId, head: true, cell: ({ messageId }) => <a class="mono nowrap" href={href('message-trace', [String(messageId)])}>{messageId}</a> },
        { key: 'topic', label: t.common.topic, cell: (message) => <code class="mono">{message.topic}</code> },
        { key: 'at', label: t.common.time, cell: (message) => <Time at={message.producer.at} /> },
        { key: 'sender', label: t.topics.sender, cell: (message) => message.producer.clientId ? <ClientLink clientId={message.producer.clientId} /> : <span class="muted">{t.traces.origins[message.producer.origin] ?? message.producer.origin}</span> },
        { key: 'qos', label: t.send.qos, figure: true, cell: ({ qos }) => String(qos) },
        { key: 'size', label: t.common.size, figure: true, cell: ({ size }) => t.topics.bytes(number(size)) },
      ]} />
      {pages.items && pages.items.length > 0 && <Pager pages={pages} />}
    </Card>
  );
}

function Trace({ id }: { id: string }) {
  const t = useTexts();
  const query = useQuery<MessageTrace>(`/traces/messages/${segment(id)}`, FOLLOWING);
  if (query.error?.status === 404 && !query.error.isUnavailable) return <Card><Empty icon="trace" title={t.traces.unknown} hint={t.traces.noneHint} /></Card>;
  return (
    <Loaded query={query}>
      {(trace) => (
        <>
          <Card heading={t.traces.producer}><TraceFacts trace={trace} /></Card>
          <Card heading={t.traces.deliveries} hint={`${trace.complete ? t.traces.complete : t.traces.incomplete} ${query.live ? t.traces.following : t.traces.followed}`} flush actions={<Button icon="refresh" small onClick={query.refresh}>{t.common.refresh}</Button>}>
            {trace.deliveries.length === 0 ? <Empty icon="empty" title={t.traces.noDeliveries} /> : <Deliveries deliveries={trace.deliveries} />}
          </Card>
        </>
      )}
    </Loaded>
  );
}

function TraceFacts({ trace }: { trace: MessageTrace }) {
  const t = useTexts();
  const { number } = useFormat();
  const { producer } = trace;
  return (
    <Facts facts={[
      { label: t.traces.messageId, value: <Copyable text={String(trace.messageId)} what={t.traces.messageId} />, wide: true },
      { label: t.common.topic, value: <Copyable text={trace.topic} what={t.common.topic} />, wide: true },
      { label: t.common.time, value: <Time at={producer.at} /> },
      { label: t.traces.origin, value: t.traces.origins[producer.origin] ?? producer.origin },
      { label: t.topics.sender, value: producer.clientId ? <ClientLink clientId={producer.clientId} /> : '–' },
      { label: t.common.address, value: producer.address ?? '–' },
      { label: t.send.qos, value: String(trace.qos) },
      { label: t.common.type, value: t.traces.types[trace.type] ?? trace.type },
      { label: t.common.size, value: t.topics.bytes(number(trace.size)) },
      { label: t.common.state, value: <Badge tone={trace.stored ? 'ok' : 'quiet'}>{trace.stored ? t.traces.stored : t.traces.notStored}</Badge> },
    ]} />
  );
}

const TONES: { readonly [K in DeliveryState]: Tone } = { acknowledged: 'ok', received: 'info', sent: 'info', waiting: 'warn' };

function Deliveries({ deliveries }: { deliveries: readonly Delivery[] }) {
  const t = useTexts();
  return (
    <DataTable caption={t.traces.deliveries} rows={deliveries} keyOf={({ clientId }) => clientId} columns={[
      { key: 'client', label: t.common.clientId, head: true, cell: ({ clientId }) => <ClientLink clientId={clientId} /> },
      { key: 'state', label: t.common.state, cell: ({ state }) => <Badge tone={TONES[state]}>{t.traces.states[state]}</Badge> },
      { key: 'sent', label: t.traces.sentAt, cell: ({ sentAt }) => <Moment at={sentAt} /> },
      { key: 'acknowledged', label: t.traces.acknowledgedAt, cell: ({ acknowledgedAt }) => <Moment at={acknowledgedAt} /> },
      { key: 'qos', label: t.send.qos, figure: true, cell: ({ qos }) => String(qos) },
      { key: 'address', label: t.common.address, cell: ({ address }) => address && <code class="mono">{address}</code> },
    ]} />
  );
}

function ClientLink({ clientId }: { clientId: string }) {
  return <a class="mono" href={href('device-trace', [clientId])}>{clientId}</a>;
}

function Moment({ at }: { at: number | null }) {
  return at === null ? null : <Time at={at} />;
}
