/** `mqttgw report`: what was used over time, and how many clients were connected, as a small chart and a table. */
import { Option, type Command } from 'commander';
import type { ConnectionsAnswer, UsageAnswer } from '../api/reports';
import { addApiOptions, ask, print, queryOf, type ApiOptions } from './api-command';
import { chart } from './chart';
import { wholeNumber, type CliContext } from './context';
import { list, table, time } from './table';

interface ReportOptions extends ApiOptions { readonly last: string; readonly points: boolean }
interface UsageOptions extends ReportOptions { readonly side: string; readonly topic?: string; readonly subTopic?: string; readonly qos?: number; readonly type?: string }

const LAST = { '30m': 30, '1h': 60, '3h': 180, '12h': 720, '1d': 1_440 } as const;
const MINUTE_MS = 60_000;
/** Of sub topics. */
const MOST_ROWS = 20;

export function addReport(program: Command, context: CliContext): void {
  const report = program.command('report').description('Show what was used over time, and how many clients were connected.').addHelpText('after', `
Examples:
  mqttgw report --last 12h
  mqttgw report --side consumer --topic demo --qos 1
  mqttgw report connections --last 1d --points`);
  addRange(report.command('usage', { isDefault: true }).description('messages, payload and TPS (the default)'))
    .addOption(new Option('--side <side>', 'of those who publish, or of those who receive').choices(['producer', 'consumer']).default('producer'))
    .option('--topic <name>', 'of this parent topic')
    .option('--sub-topic <filter>', 'below it; + and # are allowed')
    .option('--qos <n>', 'of this QoS', wholeNumber(0, 2))
    .addOption(new Option('--type <type>', 'of these messages').choices(['normal', 'p2p']))
    .action(async (options: UsageOptions) => {
      const { side, topic, subTopic, qos, type } = options;
      print(options, context, await ask<UsageAnswer>(options, context, 'GET', `/reports/usage?${queryOf({ ...rangeOf(options), side, topic, subTopic, qos, type })}`),
        (answer) => usage(answer, options.points));
    });
  addRange(report.command('connections').description('connections and subscriptions')).action(async (options: ReportOptions) => {
    print(options, context, await ask<ConnectionsAnswer>(options, context, 'GET', `/reports/connections?${queryOf(rangeOf(options))}`),
      (answer) => connections(answer, options.points));
  });
}

function addRange(command: Command): Command {
  return addApiOptions(command
    .addOption(new Option('--last <time>', 'how far back').choices(Object.keys(LAST)).default('3h'))
    .option('--points', 'every point as a row', false));
}

function rangeOf({ last }: ReportOptions): { from: number } {
  return { from: Date.now() - LAST[last as keyof typeof LAST] * MINUTE_MS };
}

function usage({ from, to, step, total, points, topics }: UsageAnswer, rows: boolean): string {
  const highest = points.reduce((most, point) => Math.max(most, point.tps), 0);
  const parts = [
    list([
      ['from', time(from)], ['to', time(to)], ['step', `${step / MINUTE_MS} min`], ['messages', total.messages], ['payload bytes', total.bytes],
      ['weighted messages', total.weighted], ['highest TPS', highest],
    ]),
    chart('TPS', points.map(({ tps }) => tps)),
    topics.length === 0 ? '' : table(['TOPIC', 'SUB TOPIC', 'MESSAGES', 'BYTES', 'WEIGHTED'],
      topics.slice(0, MOST_ROWS).map(({ topic, subTopic, messages, bytes, weighted }) => [topic, subTopic ?? '(others)', messages, bytes, weighted])),
    topics.length > MOST_ROWS ? `and ${topics.length - MOST_ROWS} more; --json shows all` : '',
    rows ? table(['AT', 'MESSAGES', 'BYTES', 'TPS'], points.map(({ at, messages, bytes, tps }) => [time(at), messages, bytes, tps])) : '',
  ];
  return parts.filter(Boolean).join('\n\n');
}

function connections({ from, to, step, points }: ConnectionsAnswer, rows: boolean): string {
  const highest = (of: 'connections' | 'subscriptions'): number => points.reduce((most, point) => Math.max(most, point[of]), 0);
  const parts = [
    list([['from', time(from)], ['to', time(to)], ['step', `${step / MINUTE_MS} min`]]),
    table(['', 'CONNECTIONS', 'SUBSCRIPTIONS'], [
      ['newest', points.at(-1)?.connections ?? 0, points.at(-1)?.subscriptions ?? 0], ['highest', highest('connections'), highest('subscriptions')],
    ]),
    chart('connections', points.map((point) => point.connections)),
    chart('subscriptions', points.map((point) => point.subscriptions)),
    rows ? table(['AT', 'CONNECTIONS', 'SUBSCRIPTIONS'], points.map((point) => [time(point.at), point.connections, point.subscriptions])) : '',
  ];
  return parts.filter(Boolean).join('\n\n');
}
