/** `mqttgw topics`: lists parent topics, makes and deletes them. */
import { Option, type Command } from 'commander';
import type { ListedTopic } from '../api/topics';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { table } from './table';

interface CreateOptions extends ApiOptions { readonly type?: string; readonly permission?: string; readonly remark?: string; readonly removalPolicy?: string }

export function addTopics(program: Command, context: CliContext): void {
  const topics = program.command('topics').description('List the parent topics; make and delete those that no program declares.').addHelpText('after', `
Examples:
  mqttgw topics
  mqttgw topics create alerts --remark "by hand"
  mqttgw topics delete alerts`);
  addApiOptions(topics.command('list', { isDefault: true }).description('list them (the default)')).action(async (options: ApiOptions) => {
    print(options, context, await ask<{ topics: ListedTopic[] }>(options, context, 'GET', '/topics'), (answer) => table(
      ['TOPIC', 'TYPE', 'PERMISSION', 'ORIGIN', 'MESSAGES', 'BYTES', 'REMARK'],
      answer.topics.map(({ name, type, permission, origin, storedMessages, storedBytes, remark }) => [name, type, permission, origin, storedMessages, storedBytes, remark]),
    ));
  });
  addApiOptions(topics.command('create <name>').description('make one')
    .addOption(new Option('--type <type>', 'order of its messages').choices(['normal', 'partition-ordered', 'global-ordered']))
    .addOption(new Option('--permission <permission>', 'what clients may do').choices(['publish', 'subscribe', 'publish-and-subscribe']))
    .addOption(new Option('--removal-policy <policy>', 'of its messages, when it is deleted').choices(['retain', 'destroy']))
    .option('--remark <text>', 'for people'))
    .action(async (name: string, options: CreateOptions) => {
      const { type, permission, remark, removalPolicy } = options;
      print(options, context, await ask(options, context, 'POST', '/topics', { name, type, permission, remark, removalPolicy }), () => `made the topic ${name}`);
    });
  addApiOptions(topics.command('delete <name>').description('delete one that was made here')).action(async (name: string, options: ApiOptions) => {
    print(options, context, await ask(options, context, 'DELETE', `/topics/${encodeURIComponent(name)}`), () => `deleted the topic ${name}`);
  });
}
