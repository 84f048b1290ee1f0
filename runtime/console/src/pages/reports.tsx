/** What was sent and received: totals and TPS, of all gateways (E4). */
import { useMemo, useState } from 'preact/hooks';
import { withQuery } from '../api/client';
import type { ConnectionReport, UsageReport, UsedTopic } from '../api/observed-types';
import type { Topic } from '../api/types';
import { useMinute } from '../api/use-minute';
import { useQuery } from '../api/use-query';
import { useFormat, useTexts } from '../app/context';
import { choices, Segmented, SelectField, TextField } from '../components/field';
import { Card, Page, Stat } from '../components/layout';
import { ReportCard } from '../components/report-card';
import { Loaded } from '../components/states';
import { DataTable } from '../components/table';

const HOUR_MS = 3_600_000;
const RANGES = { '3h': { ms: 3 * HOUR_MS, step: 60_000 }, '12h': { ms: 12 * HOUR_MS, step: 300_000 }, '1d': { ms: 24 * HOUR_MS, step: 600_000 } } as const;
type RangeName = keyof typeof RANGES;

interface Wanted { readonly side: 'producer' | 'consumer'; readonly range: RangeName; readonly topic: string; readonly subTopic: string; readonly qos: '' | '0' | '1' | '2'; readonly type: '' | 'normal' | 'p2p' }

export function ReportsPage() {
  const t = useTexts();
  const [wanted, setWanted] = useState<Wanted>({ side: 'producer', range: '3h', topic: '', subTopic: '', qos: '', type: '' });
  const set = (change: Partial<Wanted>): void => setWanted({ ...wanted, ...change });
  const topics = useQuery<{ topics: Topic[] }>('/topics');
  // to the minute, so that the same question is asked the same way while a person changes filters
  const now = useMinute();
  const { ms, step } = RANGES[wanted.range];
  const span = { from: now - ms, to: now, step };
  const { side, topic, subTopic, qos, type } = wanted;
  const usage = useQuery<UsageReport>(withQuery('/reports/usage', { side, ...span, topic, subTopic: topic === '' ? undefined : subTopic, qos, type }), 0, true);
  const connections = useQuery<ConnectionReport>(withQuery('/reports/connections', span), 0, true);
  return (
    <Page heading={t.reports.heading} intro={t.reports.intro}>
      <div class="stack">
        <div class="filters">
          <Segmented label={t.reports.side} value={side} onChange={(value) => set({ side: value })} options={choices(t.reports.sides)} />
          <Segmented label={t.reports.range} value={wanted.range} onChange={(value) => set({ range: value })} options={choices(t.reports.ranges)} />
        </div>
        <div class="filters">
          <SelectField label={t.common.parentTopic} value={topic} onChange={(value) => set({ topic: value, ...(value === '' && { subTopic: '' }) })} options={[{ value: '', label: t.reports.anyTopic }, ...(topics.data?.topics ?? []).map(({ name }) => ({ value: name, label: name }))]} />
          {topic !== '' && <SubTopicField key={topic} value={subTopic} onChange={(value) => set({ subTopic: value })} />}
          <SelectField label={t.reports.qos} value={qos} onChange={(value) => set({ qos: value })} options={[{ value: '', label: t.reports.anyQos }, ...choices({ '0': 'QoS 0', '1': 'QoS 1', '2': 'QoS 2' })]} />
          <SelectField label={t.reports.type} value={type} onChange={(value) => set({ type: value })} options={[{ value: '', label: t.reports.anyType }, ...choices(t.reports.types)]} />
        </div>
        <p class="muted small">{side === 'producer' ? t.reports.producerHint : t.reports.consumerHint}</p>
      </div>
      <Loaded query={usage} rows={8}>{(report) => <Usage report={report} />}</Loaded>
      <Loaded query={connections} rows={6}>{(report) => <Connections report={report} />}</Loaded>
    </Page>
  );
}

/** Asked for when somebody has finished typing. */
function SubTopicField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useTexts();
  const [typed, setTyped] = useState(value);
  const done = (): void => onChange(typed.trim().replace(/^\/+/, ''));
  return (
    <form class="field" onSubmit={(event) => { event.preventDefault(); done(); }} onFocusOut={done}>
      <TextField label={t.reports.subTopic} type="search" mono placeholder={t.reports.subTopicHint} value={typed} onInput={setTyped} />
    </form>
  );
}

function Usage({ report: { total, points, step, topics } }: { report: UsageReport }) {
  const t = useTexts();
  const { number, bytes, duration } = useFormat();
  const at = useMemo(() => points.map((point) => point.at), [points]);
  const messages = useMemo(() => [{ label: t.reports.total, values: points.map((point) => point.messages), format: number }], [points, t]);
  const tps = useMemo(() => [{ label: t.reports.tps, values: points.map((point) => point.tps), format: number }], [points, t]);
  const hint = t.reports.step(duration(step / 1_000));
  return (
    <>
      <div class="stats">
        <Stat label={t.reports.total} value={number(total.messages)} />
        <Stat label={t.reports.bytes} value={bytes(total.bytes)} />
        <Stat label={t.reports.weighted} value={number(total.weighted)} />
        <Stat label={t.reports.peak} value={number(points.reduce((most, point) => Math.max(most, point.tps), 0))} />
      </div>
      <ReportCard heading={t.reports.totals} hint={hint} at={at} series={messages} />
      <ReportCard heading={t.reports.tps} hint={hint} at={at} series={tps} />
      {topics.length > 0 && <UsedTopics topics={topics} />}
    </>
  );
}

/** What the total is made of; the most used first. */
function UsedTopics({ topics }: { topics: readonly UsedTopic[] }) {
  const t = useTexts();
  const { number, bytes } = useFormat();
  return (
    <Card heading={t.reports.byTopic} flush>
      <div class="bounded">
        <DataTable caption={t.reports.byTopic} rows={topics} keyOf={({ topic, subTopic }) => JSON.stringify([topic, subTopic])} columns={[
          { key: 'topic', label: t.common.topic, head: true, cell: ({ topic, subTopic }) => <code class="mono">{subTopic === null ? `${topic} · ${t.reports.others}` : subTopic === '' ? topic : `${topic}/${subTopic}`}</code> },
          { key: 'messages', label: t.reports.total, figure: true, cell: ({ messages }) => number(messages) },
          { key: 'bytes', label: t.reports.bytes, figure: true, cell: (used) => bytes(used.bytes) },
          { key: 'weighted', label: t.reports.weighted, figure: true, cell: ({ weighted }) => number(weighted) },
        ]} />
      </div>
    </Card>
  );
}

function Connections({ report: { points } }: { report: ConnectionReport }) {
  const t = useTexts();
  const { number } = useFormat();
  const at = useMemo(() => points.map((point) => point.at), [points]);
  const series = useMemo(() => [
    { label: t.instance.connections, values: points.map(({ connections }) => connections), format: number },
    { label: t.instance.subscriptions, values: points.map(({ subscriptions }) => subscriptions), format: number },
  ], [points, t]);
  return <ReportCard heading={t.reports.connections} hint={t.reports.connectionsHint} at={at} series={series} />;
}
