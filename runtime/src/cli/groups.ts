/** `mqttgw groups`: lists groups, makes and deletes them. */
import type { Command } from 'commander';
import type { ListedGroup } from '../api/groups';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { table } from './table';

export function addGroups(program: Command, context: CliContext): void {
  const groups = program.command('groups').description('List the groups; make and delete those that no program declares.').addHelpText('after', `
Examples:
  mqttgw groups
  mqttgw groups create GID_visitors
  mqttgw groups delete GID_visitors`);
  addApiOptions(groups.command('list', { isDefault: true }).description('list them (the default)')).action(async (options: ApiOptions) => {
    print(options, context, await ask<{ groups: ListedGroup[] }>(options, context, 'GET', '/groups'), (answer) => table(
      ['GROUP', 'ACCOUNT', 'ORIGIN', 'ONLINE', 'REMARK'],
      answer.groups.map(({ name, account, origin, online, remark }) => [name, account, origin, online, remark]),
    ));
  });
  addApiOptions(groups.command('create <name>').description('make one, of the account whose key signs').option('--remark <text>', 'for people'))
    .action(async (name: string, options: ApiOptions & { readonly remark?: string }) => {
      print(options, context, await ask(options, context, 'POST', '/groups', { name, remark: options.remark }), () => `made the group ${name}`);
    });
  addApiOptions(groups.command('delete <name>').description('delete one that was made here; its connections close')).action(async (name: string, options: ApiOptions) => {
    print(options, context, await ask(options, context, 'DELETE', `/groups/${encodeURIComponent(name)}`), () => `deleted the group ${name}`);
  });
}
