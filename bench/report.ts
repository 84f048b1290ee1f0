/** The report as text for a person. The same figures stand in its JSON file. */
import type { Machine } from './machine';
import { spread, type Row, type ScenarioResult } from './results';
import type { Ratio } from './goals';
import type { SizeName } from './sizes';

const SIZE_NOTES: { readonly [name in SizeName]: string } = {
  full: '', medium: ', medium: shorter measurements, one run of what no goal is about', quick: ', quick (too short for a comparison)',
};

export interface TargetSummary {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly durability: string;
}

export interface Report {
  readonly startedAt: string;
  readonly minutes: number;
  readonly size: SizeName;
  readonly runs: number;
  readonly machine: Machine;
  readonly targets: readonly TargetSummary[];
  readonly absent: readonly string[];
  readonly results: readonly ScenarioResult[];
  readonly ratios: readonly Ratio[];
}

export function render(report: Report): string {
  const { machine } = report;
  const lines = [
    `bench of ${report.startedAt}, ${report.minutes.toFixed(0)} min, medians of ${report.runs}${SIZE_NOTES[report.size]}`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}; load generator and brokers share it; load average ${machine.loadBefore} before, ${machine.loadAfter} after`,
    'payload 256 B, loopback; ± is half of the spread of the runs; shares of a core: generator / broker / store / everything else; µs: processor time of broker and store per message',
    '',
    ...table([['target', 'version', 'what stands behind PUBACK'], ...report.targets.map(({ name, version, durability }) => [name, version, durability])]),
  ];
  if (report.absent.length > 0) lines.push('', `not on this machine: ${report.absent.join(', ')} (as root on Debian: node bench/setup.mjs)`);
  for (const result of report.results) lines.push('', ...scenario(result, report.runs));
  if (report.ratios.length > 0) lines.push('', 'goals', ...ratios(report.ratios));
  return `${lines.join('\n')}\n`;
}

function scenario({ scenario: name, title, targets }: ScenarioResult, runs: number): string[] {
  const rows = targets.flatMap(({ target, rows: own }) => own.map((row) => [
    row.name, target, format(row), row.values.length > 1 || runs === 1 ? noise(row) : '1 run', shares(row), cost(row), row.note ?? '',
  ]));
  // by figure, so that targets stand below each other
  const names = [...new Set(rows.map(([figure]) => figure))];
  const ordered = names.flatMap((figure) => rows.filter((row) => row[0] === figure));
  const failures = targets.flatMap(({ target, failures: each }) => each.map((failure) => `  ${target}: ${failure}`));
  return [`${name}: ${title}`, ...table(ordered), ...failures];
}

function ratios(all: readonly Ratio[]): string[] {
  return table(all.map(({ goal, value, met, detail }) => [met === null ? '?' : met ? 'met' : 'MISSED', goal, value === null ? '–' : value.toFixed(2), detail]));
}

function format({ value, unit }: Row): string {
  if (value === null) return '–';
  const digits = unit === 'times' ? 2 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}

function shares({ cpu }: Row): string {
  return cpu === undefined ? '' : [cpu.generator, cpu.broker, cpu.store, cpu.others].map((share) => share.toFixed(2)).join(' / ');
}

/** Processor time of broker and store per message or connection: it hardly depends on what else the machine does. */
function cost({ cpu, value, unit }: Row): string {
  if (cpu === undefined || value === null || value === 0 || !unit.endsWith('/s')) return '';
  return `${(((cpu.broker + cpu.store) * 1e6) / value).toFixed(1)} µs`;
}

function noise(row: Row): string {
  const half = spread(row);
  return half === null ? '' : `±${Math.round(half * 100)} %`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) => `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ')}`.trimEnd());
}
