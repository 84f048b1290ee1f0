/** `mqttgw trace`: what happened to a device. */
import { Option, type Command } from 'commander';
import type { DeviceEventAnswer } from '../api/device-traces';
import { addApiOptions, ask, print, queryOf, type ApiOptions } from './api-command';
import { wholeNumber, type CliContext } from './context';
import { timeOf } from './duration';
import { table, time } from './table';

interface DeviceOptions extends ApiOptions { readonly since?: number; readonly limit: number; readonly after?: string }
interface DevicePage { readonly events: DeviceEventAnswer[]; readonly next: string | null }

export function addTrace(program: Command, context: CliContext): void {
  const trace = program.command('trace').description('Show what happened to a device.').addHelpText('after', `
Examples:
  mqttgw trace device GID_demo@@@device-1 --key-id quickstart-key --key-secret-file ./secret
  mqttgw trace device GID_demo@@@device-1 --since 1h --json`);
  addApiOptions(trace.command('device <client-id>').description('its comings and goings, subscriptions and refusals, newest first')
    .addOption(new Option('--since <time>', 'none before: 10m, 2h, 1d, or a date').argParser(timeOf))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 200), 50)
    .option('--after <position>', 'where the list goes on'))
    .action(async (clientId: string, options: DeviceOptions) => {
      const { since: from, limit, after } = options;
      print(options, context, await ask<DevicePage>(options, context, 'GET', `/traces/devices/${encodeURIComponent(clientId)}?${queryOf({ from, limit, after })}`), events);
    });
}

function events({ events: all, next }: DevicePage): string {
  const rows = all.map(({ at, event, address, gatewayId, detail }) => [time(at), event, address, gatewayId, detailsOf(detail)]);
  return `${table(['TIME', 'EVENT', 'ADDRESS', 'GATEWAY', 'DETAILS'], rows)}${next === null ? '' : `\n\ngo on with --after ${next}`}`;
}

/** What the columns do not show already. */
function detailsOf({ listener, connectedAt, ...more }: DeviceEventAnswer['detail']): string {
  const online = connectedAt === undefined ? [] : [`online since ${time(connectedAt)}`];
  return [...Object.entries(more).map(([name, value]) => `${name} ${String(value)}`), ...(listener === undefined ? [] : [`on ${listener}`]), ...online].join(', ');
}
