/** `mqttgw trace`: what happened to a device, and the way of a message. */
import { Option, type Command } from 'commander';
import type { DeviceEventAnswer } from '../api/device-traces';
import type { MessageTraceAnswer, TracedMessage } from '../api/message-traces';
import { addApiOptions, ask, print, queryOf, type ApiOptions } from './api-command';
import { wholeNumber, type CliContext } from './context';
import { timeOf } from './duration';
import { list, table, time } from './table';

interface DeviceOptions extends ApiOptions { readonly since?: number; readonly limit: number; readonly after?: string }
interface MessagesOptions extends ApiOptions { readonly topic?: string; readonly client?: string; readonly since?: number; readonly limit: number; readonly after?: string }
interface MessagePage { readonly messages: TracedMessage[]; readonly next: number | null }
interface DevicePage { readonly events: DeviceEventAnswer[]; readonly next: string | null }

export function addTrace(program: Command, context: CliContext): void {
  const trace = program.command('trace').description('Show what happened to a device, and the way of a message.').addHelpText('after', `
Examples:
  mqttgw trace device GID_demo@@@device-1 --key-id quickstart-key --key-secret-file ./secret
  mqttgw trace device GID_demo@@@device-1 --since 1h --json
  mqttgw trace message 1800000000000000
  mqttgw trace messages --topic demo --since 10m`);
  addApiOptions(trace.command('message <message-id>').description('who sent it, and each client that has it, is being sent it, or is waited for'))
    .action(async (id: string, options: ApiOptions) => {
      print(options, context, await ask<MessageTraceAnswer>(options, context, 'GET', `/traces/messages/${encodeURIComponent(id)}`), way);
    });
  addApiOptions(trace.command('messages').description('stored messages, newest first')
    .option('--topic <topic>', 'a parent topic, or a topic below it; + and # are allowed')
    .option('--client <id>', 'that sent it, or that alone it is for')
    .addOption(new Option('--since <time>', 'none before: 10m, 2h, 1d, or a date').argParser(timeOf))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 500), 50)
    .option('--after <id>', 'Message ID at which the list goes on'))
    .action(async ({ topic, client: clientId, since: from, limit, after, ...options }: MessagesOptions) => {
      print(options, context, await ask<MessagePage>(options, context, 'GET', `/traces/messages?${queryOf({ topic, clientId, from, limit, after })}`), messages);
    });
  addApiOptions(trace.command('device <client-id>').description('its comings and goings, subscriptions and refusals, newest first')
    .addOption(new Option('--since <time>', 'none before: 10m, 2h, 1d, or a date').argParser(timeOf))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 200), 50)
    .option('--after <position>', 'where the list goes on'))
    .action(async (clientId: string, options: DeviceOptions) => {
      const { since: from, limit, after } = options;
      print(options, context, await ask<DevicePage>(options, context, 'GET', `/traces/devices/${encodeURIComponent(clientId)}?${queryOf({ from, limit, after })}`), events);
    });
}

function way({ messageId, topic, type, qos, size, stored, producer, deliveries, complete }: MessageTraceAnswer): string {
  return [
    list([
      ['message', messageId], ['topic', topic], ['type', type], ['QoS', qos], ['bytes', size], ['stored', stored],
      ['sent', time(producer.at)], ['by', producer.clientId], ['address', producer.address], ['origin', producer.origin],
    ]),
    table(['CLIENT', 'STATE', 'QOS', 'SENT', 'ACKNOWLEDGED', 'ADDRESS', 'GATEWAY'], deliveries.map(({ clientId, state, qos: level, sentAt, acknowledgedAt, address, gatewayId }) =>
      [clientId, state, level, time(sentAt), time(acknowledgedAt), address, gatewayId])),
    ...(complete ? [] : ['not every delivery was traced: there may be others']),
  ].join('\n\n');
}

function messages({ messages: all, next }: MessagePage): string {
  const rows = all.map(({ messageId, topic, qos, size, producer: { at, clientId, origin } }) => [time(at), messageId, topic, qos, size, clientId, origin]);
  return `${table(['TIME', 'MESSAGE', 'TOPIC', 'QOS', 'BYTES', 'SENDER', 'ORIGIN'], rows)}${next === null ? '' : `\n\ngo on with --after ${next}`}`;
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
