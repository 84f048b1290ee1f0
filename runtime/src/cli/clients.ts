/** `mqttgw clients`: who is online, one session, and closing a connection. */
import type { Command } from 'commander';
import type { ClientAnswer, OnlineClient } from '../api/clients';
import type { OnlinePeriod } from '../api/device-traces';
import { EXIT, UserError } from '../user-error';
import { addApiOptions, ask, print, queryOf, type ApiOptions } from './api-command';
import { wholeNumber, type CliContext } from './context';
import { list, table, time } from './table';

interface ListOptions extends ApiOptions { readonly group?: string; readonly topic?: string; readonly after?: string; readonly limit: number }
interface Page { readonly clients: OnlineClient[]; readonly total: number; readonly next: string | null }

export function addClients(program: Command, context: CliContext): void {
  const clients = program.command('clients').description('Show who is online, and what a client has; close a connection.').addHelpText('after', `
Examples:
  mqttgw clients --group GID_demo
  mqttgw clients show GID_demo@@@device-1
  mqttgw clients history GID_demo@@@device-1
  mqttgw clients close GID_demo@@@device-1`);
  addApiOptions(clients.command('list', { isDefault: true }).description('list who is online (the default)')
    .option('--group <name>', 'of this group')
    .option('--topic <name>', 'with a subscription under this parent topic')
    .option('--after <id>', 'Client ID behind which the list begins')
    .option('--limit <n>', 'at most so many', wholeNumber(1, 1_000), 100))
    .action(async (options: ListOptions) => {
      const { group, topic, after, limit } = options;
      print(options, context, await ask<Page>(options, context, 'GET', `/clients?${queryOf({ group, topic, after, limit })}`), pageOf);
    });
  addApiOptions(clients.command('show <client-id>').description('show one session')).action(async (clientId: string, options: ApiOptions) => {
    print(options, context, await ask<ClientAnswer>(options, context, 'GET', at(clientId)), session);
  });
  addApiOptions(clients.command('history <client-id>').description('show when it was online, newest first')
    .option('--limit <n>', 'at most so many periods', wholeNumber(1, 200), 50))
    .action(async (clientId: string, options: ApiOptions & { limit: number }) => {
      print(options, context, await ask<{ periods: OnlinePeriod[] }>(options, context, 'GET', `${at(clientId)}/history?${queryOf({ limit: options.limit })}`), history);
    });
  addApiOptions(clients.command('close <client-id>').description('close its connection; a stored session stays')).action(async (clientId: string, options: ApiOptions) => {
    const answer = await ask<{ closed: boolean }>(options, context, 'DELETE', `${at(clientId)}/connection`);
    if (!answer.closed) throw new UserError(`the gateway of ${clientId} was told, and has not closed the connection yet`, EXIT.timeout);
    print(options, context, answer, () => `closed the connection of ${clientId}`);
  });
}

function at(clientId: string): string {
  return `/clients/${encodeURIComponent(clientId)}`;
}

function pageOf({ clients, total, next }: Page): string {
  const rows = clients.map(({ clientId, address, listener, gatewayId, connectedAt, lastActivityAt }) => [clientId, address, listener, gatewayId, time(connectedAt), time(lastActivityAt)]);
  const more = next === null ? '' : `; go on with --after ${next.replace(/\p{Cc}/gu, '?')}`;
  return `${table(['CLIENT', 'ADDRESS', 'LISTENER', 'GATEWAY', 'CONNECTED', 'LAST ACTIVITY'], rows)}\n\n${clients.length} of ${total} online${more}`;
}

function history({ periods }: { readonly periods: OnlinePeriod[] }): string {
  return table(['FROM', 'TO', 'ADDRESS', 'LISTENER', 'GATEWAY', 'REASON'],
    periods.map(({ from, to, address, listener, gatewayId, reason }) => [time(from), time(to), address, listener, gatewayId, reason]));
}

function session(client: ClientAnswer): string {
  const { clientId, group, online, address, listener, gatewayId, connectedAt, lastActivityAt, stored, subscriptions, inFlight, backlog } = client;
  return list([
    ['client', clientId], ['group', group], ['online', online], ['address', address], ['listener', listener], ['gateway', gatewayId],
    ['connected', time(connectedAt)], ['last activity', time(lastActivityAt)], ['session is stored', stored],
    ['subscriptions', subscriptions.map(({ filter, qos }) => `${filter} (QoS ${qos})`).join(', ')], ['in flight', inFlight],
    ['waiting', backlog && `${backlog.messages}${backlog.more ? ' or more' : ''}`],
  ]);
}
