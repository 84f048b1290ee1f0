/** `mqttgw notifications`: what the webhook was told, and a notification to try it out (E1). */
import type { Command } from 'commander';
import type { NotificationsAnswer } from '../api/notifications';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import { wholeNumber, type CliContext } from './context';
import { table, time } from './table';

interface ListOptions extends ApiOptions { readonly limit: number }

export function addNotifications(program: Command, context: CliContext): void {
  const notifications = program.command('notifications').description('List what the webhook was told and is to be told; send a test.').addHelpText('after', `
Examples:
  mqttgw notifications
  mqttgw notifications test`);
  addApiOptions(notifications.command('list', { isDefault: true }).description('list them (the default)').option('--limit <n>', 'so many at most', wholeNumber(1, 1_000), 20))
    .action(async (options: ListOptions) => print(options, context, await ask<NotificationsAnswer>(options, context, 'GET', `/notifications?limit=${options.limit}`), readable));
  addApiOptions(notifications.command('test').description('send a notification of the event "test"')).action(async (options: ApiOptions) => {
    print(options, context, await ask<{ id: string }>(options, context, 'POST', '/notifications/test', {}), ({ id }) => `queued the notification ${id}; \`mqttgw notifications\` tells whether it was taken`);
  });
}

function readable({ webhook, notifications }: NotificationsAnswer): string {
  const heading = webhook === null ? 'no webhook is declared' : `webhook at ${webhook}`;
  if (notifications.length === 0) return `${heading}; nothing was told yet`;
  return [heading, table(['EVENT', 'SUBJECT', 'AT', 'STATE', 'ATTEMPTS', 'LAST ERROR', 'ID'],
    notifications.map(({ event, subject, at, state, attempts, lastError, id }) => [event, subject, time(at), state, attempts, lastError ?? null, id]))].join('\n\n');
}
