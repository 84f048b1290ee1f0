/** `mqttgw token`: applies for a token, asks what one is worth, revokes one (A2). */
import { text as textOf } from 'node:stream/consumers';
import { Option, type Command } from 'commander';
import type { IssuedTokenAnswer, TokenStatusAnswer } from '../api/tokens';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { duration } from './duration';
import { topicFilter } from './mqtt-client';
import { list, time } from './table';

interface ApplyOptions extends ApiOptions { readonly resource: readonly string[]; readonly actions: 'R' | 'W' | 'RW'; readonly for: number; readonly forKey?: string }

export function addToken(program: Command, context: CliContext): void {
  const token = program.command('token').description('Apply for a token, ask what one is worth, revoke one.').addHelpText('after', `
A token is read from standard input where none is given, so that other users of this machine do not see it.

Examples:
  mqttgw token apply --resource 'demo/#' --actions R --for 12h
  mqttgw token query < token.txt
  mqttgw token revoke < token.txt`);
  addApiOptions(token.command('apply').description('apply for a token; without --json it alone is printed')
    .requiredOption('--resource <filter>', 'topic or topic filter that it allows; may be repeated', topicFilter)
    .addOption(new Option('--actions <actions>', 'R: subscribe; W: publish').choices(['R', 'W', 'RW']).default('RW'))
    .addOption(new Option('--for <duration>', 'how long it is valid: 60s to 30d').argParser(duration).default(3_600_000, '1h'))
    .option('--for-key <id>', 'AccessKey that bounds it, when it is not the one that asks; mqttgw keys lists them'))
    .action(async (options: ApplyOptions) => {
      const { resource: resources, actions, forKey: keyId } = options;
      const answer = await ask<IssuedTokenAnswer>(options, context, 'POST', '/tokens', { resources, actions: [...actions], expireTime: Date.now() + options.for, keyId });
      print(options, context, answer, ({ token: issued }) => issued);
    });
  addApiOptions(token.command('query [token]').description('whether it is valid, and what it carries')).action(async (given: string | undefined, options: ApiOptions) => {
    print(options, context, await ask<TokenStatusAnswer>(options, context, 'POST', '/tokens/query', { token: await tokenOf(given, context) }), status);
  });
  addApiOptions(token.command('revoke [token]').description('every gateway refuses it, and closes what stands on it')).action(async (given: string | undefined, options: ApiOptions) => {
    print(options, context, await ask(options, context, 'POST', '/tokens/revoke', { token: await tokenOf(given, context) }), () => 'revoked');
  });
}

async function tokenOf(given: string | undefined, { stdin }: CliContext): Promise<string> {
  return given ?? (await textOf(stdin as AsyncIterable<Buffer>)).trim();
}

function status({ valid, problem, token }: TokenStatusAnswer): string {
  return list([
    ['valid', valid], ...(problem === null ? [] : [['problem', problem] as const]),
    ...(token === null ? [] : [
      ['token id', token.tokenId], ['key', token.keyId], ['actions', token.actions.join('')], ['resources', token.resources.join(', ')], ['expires', time(token.expireTime)],
    ] as const),
  ]);
}
