/** The alert rules and the dashboard of monitoring/: every expression is PromQL, and what it names is in real scrapes. */
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { EVENTS } from '../../runtime/src/events';
import { ALARM_NAMES } from '../../runtime/src/quota/alarms';
import { gatewayProcess, type GatewayProcess } from './gateway-process';
import { connectCode, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { scrape, type Scraped } from './scrape';

interface Rule { readonly alert: string; readonly expr: string; readonly for?: string; readonly labels: { readonly severity: string }; readonly annotations: { readonly summary: string; readonly description: string } }
interface Panel { readonly id: number; readonly title: string; readonly type: string; readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }; readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[] }

const read = (file: string): string => readFileSync(new URL(`../../monitoring/${file}`, import.meta.url), 'utf8');
const { groups } = parseYaml(read('alerts.yml')) as { readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('grafana-dashboard.json')) as { readonly panels: readonly Panel[] };
/** Grafana fills its variables in before Prometheus sees an expression. */
const filled = (expr: string): string => expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'mqttgw');
const expressions: [string, string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [`rule ${alert}`, expr]),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }, n): [string, string] => [`panel ${title} ${n + 1}`, filled(expr)])),
];

/** Metric names, and label matchers with their metric; a stretch that is no PromQL is told. */
function analyse(expr: string): { readonly metrics: string[]; readonly matchers: { label: string; value: string }[]; readonly grouped: string[]; readonly errors: string[] } {
  const metrics: string[] = [], matchers: { label: string; value: string }[] = [], grouped: string[] = [], errors: string[] = [];
  parser.parse(expr).iterate({
    enter(node) {
      const text = expr.slice(node.from, node.to);
      if (node.type.isError) errors.push(`${node.from}: ${JSON.stringify(text)}`);
      if (node.name === 'VectorSelector') metrics.push(/^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? text);
      if (node.name === 'UnquotedLabelMatcher') {
        const [, label, value] = /^(\w+)\s*(?:=~|!~|!=|=)\s*"(.*)"$/.exec(text) ?? [];
        if (label !== undefined) matchers.push({ label, value: value! });
      }
      if (node.name === 'GroupingLabels') grouped.push(...text.replace(/[()\s]/g, '').split(',').filter(Boolean));
    },
  });
  return { metrics, matchers, grouped, errors };
}

describe('monitoring/', () => {
  let storage: TestStorage;
  let single: TestGateway;
  let workers: GatewayProcess;
  const scraped: Scraped[] = [];

  beforeAll(async () => {
    storage = await startStorage('redis');
    single = await startTestGateway(storage);
    workers = await gatewayProcess(storage.redis!.url, '2', { workers: 2 });
    await workers.start();
    expect(await connectCode(single, 'GID_main@@@wrong', { secret: 'wrong' })).toBe(4);
    scraped.push(await scrape(single.port('http')), await scrape(workers.httpPort));
  });
  afterAll(async () => {
    await workers?.cleanUp();
    await single?.stop();
    await storage?.close();
  });

  it('the check itself finds what is wrong', () => {
    expect(analyse('sum by (job) (rate(mqttgw_x{event="a"}[5m])) > 1')).toEqual({ metrics: ['mqttgw_x'], matchers: [{ label: 'event', value: 'a' }], grouped: ['job'], errors: [] });
    for (const wrong of ['sum by (job (x)', 'rate(x[5m]', 'x{a=}', 'x >', '']) expect(analyse(wrong).errors, wrong).not.toEqual([]);
  });

  it.each(expressions)('%s is PromQL over metrics, labels and values that there are', (_what, expr) => {
    const { metrics, matchers, grouped, errors } = analyse(expr);
    expect(errors).toEqual([]);
    expect(metrics.length).toBeGreaterThan(0);
    const labels = new Set(['job', 'instance']);
    for (const metric of metrics) {
      if (metric === 'up') continue; // of Prometheus itself
      const family = metric.replace(/_(bucket|sum|count)$/, '');
      const of = scraped.find(({ types }) => types.has(metric) || types.get(family) === 'histogram');
      expect(of, `${metric} is in no scrape`).toBeDefined();
      for (const each of scraped) for (const label of each.labels(metric)) labels.add(label);
    }
    for (const { label } of matchers) expect(labels).toContain(label);
    for (const label of grouped) expect(labels).toContain(label);
    for (const { label, value } of matchers) {
      if (label === 'event') for (const event of value.split('|')) expect(Object.values(EVENTS)).toContain(event);
      if (label === 'alarm') expect(ALARM_NAMES).toContain(value);
      if (label === 'measure') expect(['tps', 'connections', 'subscriptions']).toContain(value);
    }
  });

  it('rules are told apart, say what to do, and use only what their labels hold', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, expr, labels: { severity }, annotations: { summary, description } } of rules) {
      expect(alert).toMatch(/^Mqttgw[A-Za-z]+$/);
      expect(['critical', 'warning']).toContain(severity);
      expect(description.length).toBeGreaterThan(10);
      const { grouped } = analyse(expr);
      const has = grouped.length > 0 ? grouped : ['job', 'instance', 'worker'];
      for (const [, label] of summary.matchAll(/\$labels\.(\w+)/g)) expect(has, `${alert}: ${label}`).toContain(label);
    }
  });

  it('panels do not overlap, and each shows something', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, type, targets = [], gridPos: { x, y, w, h } } of panels) {
      expect(type === 'row' || targets.length > 0, title).toBe(true);
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) for (let line = y; line < y + h; line++) {
        expect(taken.has(`${column} ${line}`), `${title} overlaps`).toBe(false);
        taken.add(`${column} ${line}`);
      }
    }
  });

  it('docs/metrics.md lists what only several workers have', () => {
    expect(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')).toContain('`mqttgw_worker_up`');
    expect(scraped[1]!.types.get('mqttgw_worker_up')).toBe('gauge');
  });
});
