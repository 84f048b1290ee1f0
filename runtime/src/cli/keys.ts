/** `mqttgw keys`: lists AccessKeys, never their secrets. */
import type { Command } from 'commander';
import type { ListedAccessKey } from '../api/access-keys';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { table, time } from './table';

export function addKeys(program: Command, context: CliContext): void {
  addApiOptions(program.command('keys').description('List the AccessKeys; their secrets are never shown.')).action(async (options: ApiOptions) => {
    print(options, context, await ask<{ accessKeys: ListedAccessKey[] }>(options, context, 'GET', '/access-keys'), (answer) => table(
      ['KEY', 'ACCOUNT', 'SUB-ACCOUNT', 'ACCESS', 'STATE', 'CREATED'],
      answer.accessKeys.map(({ keyId, account, subAccount, access, state, createdAt }) => [keyId, account, subAccount, access, state, time(createdAt)]),
    ));
  });
}
