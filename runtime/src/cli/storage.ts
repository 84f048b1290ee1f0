/** `mqttgw storage`: topics of a storage, made at the storage itself, whether a gateway runs or not (I4, S2). */
import { Option, type Command } from 'commander';
import { ProblemError } from '../api/problem';
import { readStoreAccess } from '../hand-over/documents';
import { createLogger } from '../logging';
import { makeRemoteStore, opened } from '../open-store';
import type { Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { deleteStorageTopic, listStorageTopics, makeStorageTopic, type StorageSideTopic } from '../storage-side/topics';
import { EXIT, UserError } from '../user-error';
import type { CliContext } from './context';
import { table } from './table';

interface Options { readonly store: string; readonly storageId: string; readonly json?: boolean }
type CreateOptions = Options & { readonly [name in Exclude<keyof StorageSideTopic, 'name'>]: StorageSideTopic[name] };

export function addStorage(program: Command, context: CliContext): void {
  const storage = program.command('storage').description('List, make and delete topics at a storage itself, with or without a gateway.').addHelpText('after', `
For who owns the storage: it takes the store access document with the storage's own user. A topic that is made here has the origin
\`storage\`: no deploy touches it, and declaring one of its name adopts it with its messages.

Examples:
  mqttgw storage topics --store store.json --storage-id plant
  mqttgw storage create-topic alerts --store store.json --storage-id plant --remark "of the warehouse"
  mqttgw storage delete-topic alerts --store store.json --storage-id plant`);
  const at = (command: Command): Command => command
    .requiredOption('--store <file>', 'store access document (JSON)')
    .requiredOption('--storage-id <id>', 'the storage in that store');
  at(storage.command('topics').description('list them').option('--json', 'print JSON')).action(async (options: Options) => {
    const topics = await withStore(options, context, listStorageTopics);
    context.stdout.write(`${options.json ? JSON.stringify({ topics }) : table(
      ['TOPIC', 'TYPE', 'PERMISSION', 'ORIGIN', 'MESSAGES', 'REMARK'],
      topics.map(({ name, type, permission, origin, storedMessages, remark }) => [name, type, permission, origin, storedMessages, remark]),
    )}\n`);
  });
  at(storage.command('create-topic <name>').description('make one')
    .addOption(new Option('--type <type>', 'order of its messages').choices(['normal', 'partition-ordered', 'global-ordered']).default('normal'))
    .addOption(new Option('--permission <permission>', 'what clients may do').choices(['publish', 'subscribe', 'publish-and-subscribe']).default('publish-and-subscribe'))
    .addOption(new Option('--removal-policy <policy>', 'of its messages, when it is deleted').choices(['retain', 'destroy']).default('retain'))
    .option('--remark <text>', 'for people', ''))
    .action(async (name: string, { type, permission, removalPolicy, remark, ...options }: CreateOptions) => {
      await withStore(options, context, (store) => makeStorageTopic(store, { name, type, permission, removalPolicy, remark }));
      context.stdout.write(`made the topic ${name}\n`);
    });
  at(storage.command('delete-topic <name>').description('delete one that no program declares')).action(async (name: string, options: Options) => {
    await withStore(options, context, (store) => deleteStorageTopic(store, name));
    context.stdout.write(`deleted the topic ${name}\n`);
  });
}

async function withStore<T>({ store: file, storageId }: Options, { stderr }: CliContext, work: (store: Store) => Promise<T>): Promise<T> {
  const access = readStoreAccess(file);
  try {
    const store = await opened(await makeRemoteStore(access, storageId, createLogger({ level: 'warn', stream: stderr })));
    try {
      return await work(store);
    } finally {
      await store.close().catch(() => undefined);
    }
  } catch (error) {
    if (error instanceof ProblemError) throw new UserError([`${error.message} (${error.code})`, error.details.allowed && `allowed: ${error.details.allowed}`, error.details.fix && `fix: ${error.details.fix}`].filter(Boolean).join('; '));
    if (error instanceof StoreUnavailableError) throw new UserError(`${error.message}; is the store at ${access.url} running, and may this machine reach it?`, EXIT.unreachable);
    throw error;
  }
}
