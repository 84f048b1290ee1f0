/** A line chart. The library that draws it is loaded with the first chart, not with the first page. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { useFormat, useSettings, useTexts } from '../app/context';

export interface Series { readonly label: string; readonly values: readonly (number | null)[]; readonly format?: (value: number) => string }

const HEIGHT = 240;

const loading = { promise: null as Promise<typeof uPlot> | null };
const load = (): Promise<typeof uPlot> => loading.promise ??= import('uplot').then((module) => module.default);

/** `at` in milliseconds. */
export function Chart({ label, at, series }: { label: string; at: readonly number[]; series: readonly Series[] }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { theme, language } = useSettings();
  const texts = useTexts();
  const { compact, number, tag } = useFormat();
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [at.map((each) => each / 1_000), ...series.map(({ values }) => values as (number | null)[])];
  const shape = series.map((each) => each.label).join('|');

  useEffect(() => {
    const element = place.current!;
    let gone = false;
    let observer: ResizeObserver | undefined;
    void load().then((Plot) => {
      if (gone) return;
      const style = getComputedStyle(element);
      const colour = (name: string): string => style.getPropertyValue(name).trim();
      const axis: uPlot.Axis = { stroke: colour('--text-muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${style.fontFamily}` };
      chart.current = new Plot({
        width: element.clientWidth, height: HEIGHT, cursor: { drag: { x: false, y: false } },
        legend: { show: true, live: true },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] } },
        axes: [
          { ...axis, size: 34, values: (_plot, ticks) => ticks.map((tick) => new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit', hour12: false }).format(tick * 1_000)) },
          { ...axis, size: 54, values: (_plot, ticks) => ticks.map((tick) => compact(tick)) },
        ],
        series: [
          { label: texts.common.time, value: (_plot, value: number | null) => (value === null ? '–' : new Intl.DateTimeFormat(tag, { dateStyle: 'short', timeStyle: 'short' }).format(value * 1_000)) },
          ...series.map((each, index) => {
            const line = colour(`--series-${index + 1}`);
            return { label: each.label, stroke: line, width: 2, fill: index === 0 ? `color-mix(in srgb, ${line} 12%, transparent)` : undefined, points: { show: false }, value: (_plot: uPlot, value: number | null) => (value === null || value === undefined ? '–' : (each.format ?? number)(value)) } as uPlot.Series;
          }),
        ],
      }, data.current, element);
      observer = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
      observer.observe(element);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape, theme, language]);
  useEffect(() => { chart.current?.setData(data.current); }, [at, series]);

  return <div class="chart" ref={place} role="img" aria-label={label} />;
}
