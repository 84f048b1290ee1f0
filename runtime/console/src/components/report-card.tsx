import { useState } from 'preact/hooks';
import { useTexts } from '../app/context';
import { Chart, type Series } from './chart';
import { choices, Segmented } from './field';
import { Card, Time } from './layout';
import { Empty } from './states';
import { DataTable } from './table';

/** A chart, and the same figures as a table for those who cannot see it or want to copy them. */
export function ReportCard({ heading, hint, at, series }: { heading: string; hint?: string; at: readonly number[]; series: readonly Series[] }) {
  const t = useTexts();
  const [as, setAs] = useState<'chart' | 'table'>('chart');
  const rows = at.map((_, index) => index).reverse();
  return (
    <Card heading={heading} {...(hint !== undefined && { hint })} flush={as === 'table'} actions={<Segmented hideLabel label={heading} value={as} onChange={setAs} options={choices({ chart: t.reports.chart, table: t.reports.table })} />}>
      {at.length === 0 ? <Empty icon="reports" title={t.reports.empty} /> : as === 'chart' ? <Chart label={heading} at={at} series={series} /> : (
        <div class="bounded">
          <DataTable caption={heading} rows={rows} keyOf={(index) => String(at[index])} columns={[
            { key: 'at', label: t.reports.at, head: true, cell: (index) => <Time at={at[index]!} /> },
            ...series.map(({ label, values, format }) => ({ key: label, label, figure: true, cell: (index: number) => { const value = values[index]; return value === null || value === undefined ? '–' : format ? format(value) : value.toLocaleString(); } })),
          ]} />
        </div>
      )}
    </Card>
  );
}
