/** From single runs to medians. */
import type { Cpu, Figure } from './types';

/** A figure over all runs. */
export interface Row extends Omit<Figure, 'value'> {
  /** Median of what could be measured; null: nothing could. */
  readonly value: number | null;
  readonly values: readonly (number | null)[];
  /** What else the machine did in each run, in cores. */
  readonly others: readonly (number | null)[];
}

export interface TargetResult {
  readonly target: string;
  readonly rows: readonly Row[];
  /** Why it has no rows, or fewer runs than asked for. */
  readonly failures: readonly string[];
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly title: string;
  readonly targets: readonly TargetResult[];
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One list of figures a run; their names are the same in each. */
export function rowsOf(runs: readonly (readonly Figure[])[]): Row[] {
  const names = [...new Set(runs.flatMap((figures) => figures.map(({ name }) => name)))];
  return names.map((name) => {
    const figures = runs.flatMap((each) => each.filter((figure) => figure.name === name));
    const cpus = figures.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
    const share = (role: keyof Cpu): number => median(cpus.map((cpu) => cpu[role]))!;
    const notes = [...new Set(figures.flatMap(({ note }) => (note === undefined ? [] : [note])))];
    return {
      ...figures[0]!,
      value: median(figures.flatMap(({ value }) => (value === null ? [] : [value]))),
      values: figures.map(({ value }) => value),
      others: figures.map(({ cpu }) => cpu?.others ?? null),
      cpu: cpus.length === 0 ? undefined : { generator: share('generator'), broker: share('broker'), store: share('store'), others: share('others') },
      note: notes.length === 0 ? undefined : notes.join('; '),
    };
  });
}

/** Half of what the runs differ by, as a share of the median: how noisy the machine was. */
export function spread({ value, values }: Row): number | null {
  const known = values.flatMap((each) => (each === null ? [] : [each]));
  if (value === null || value === 0 || known.length < 2) return null;
  return (Math.max(...known) - Math.min(...known)) / 2 / value;
}
