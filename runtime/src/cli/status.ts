/** `mqttgw status`: the instance, what it uses, its gateways and alarms. */
import type { Command } from 'commander';
import type { InstanceAnswer } from '../api/instance';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { list, rate, table, time } from './table';

export function addStatus(program: Command, context: CliContext): void {
  addApiOptions(program.command('status').description('Show the instance, what it uses, its gateways and alarms.')).addHelpText('after', `
Examples:
  mqttgw status --key-id quickstart-key --key-secret-file ./secret
  mqttgw status --url http://127.0.0.1:18080 --json`)
    .action(async (options: ApiOptions) => print(options, context, await ask<InstanceAnswer>(options, context, 'GET', '/instance'), readable));
}

function readable({ instanceId, region, edition, binding, spec, used, throttled, statistics, alarms, gateways }: InstanceAnswer): string {
  return [
    list([
      ['instance', instanceId], ['region', region], ['edition', edition], ['storage', binding?.storageId ?? 'none (direct push)'],
      ['connections', `${used.connections} of ${spec.connections}`], ['subscriptions', `${used.subscriptions} of ${spec.subscriptions}`],
      ['messages a second', `${rate(used.tps)} of ${spec.tps}${throttled ? ', throttled' : ''}`],
      ['stored messages', `${statistics.storedMessages} of ${statistics.storedMessagesLimit}`], ['topics, groups', `${statistics.topics}, ${statistics.groups}`],
      ['alarms', alarms.map(({ alarm, since }) => `${alarm} since ${time(since)}`).join('; ') || 'none'],
    ]),
    table(['GATEWAY', 'REPLICA', 'READY', 'CONNECTIONS', 'TPS', 'STARTED'],
      gateways.map(({ gatewayId, replica, ready, connections, tps, startedAt }) => [gatewayId, replica, ready, connections, rate(tps), time(startedAt)])),
  ].join('\n\n');
}
