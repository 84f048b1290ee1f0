/** `mqttgw alarms`: what an instance warns of, and what it warned of. */
import type { Command } from 'commander';
import type { ListedAlarm } from '../api/alarms';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import { wholeNumber, type CliContext } from './context';
import { table, time } from './table';

interface Options extends ApiOptions { readonly limit: number }

export function addAlarms(program: Command, context: CliContext): void {
  addApiOptions(program.command('alarms').description('List the alarms of the instance: those that stand, then those that are over.')
    .option('--limit <n>', 'so many at most', wholeNumber(1, 1_000), 20)).addHelpText('after', `
Examples:
  mqttgw alarms
  mqttgw alarms --limit 200 --json`)
    .action(async (options: Options) => print(options, context, await ask<{ alarms: ListedAlarm[] }>(options, context, 'GET', `/alarms?limit=${options.limit}`), readable));
}

function readable({ alarms }: { alarms: ListedAlarm[] }): string {
  if (alarms.length === 0) return 'no alarm, now or before';
  return table(['ALARM', 'STATE', 'SINCE', 'UNTIL', 'VALUE', 'THRESHOLD', 'MESSAGE'],
    alarms.map(({ alarm, state, since, until, value, threshold, message }) => [alarm, state, time(since), time(until ?? null), value, threshold, message]));
}
