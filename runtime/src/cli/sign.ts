/** `mqttgw sign`: what a client gives as username and password (A1). */
import path from 'node:path';
import type { Command } from 'commander';
import { parseClientId, type ClientIdParts } from '../auth/client-id';
import { EXIT, UserError } from '../user-error';
import { addKeyOptions, credentialsOf, type CredentialOptions } from './credentials';
import type { CliContext } from './context';
import { generatedKey } from './generated-key';

interface Options extends CredentialOptions { readonly clientId: string; readonly data?: string; readonly json?: boolean }

export function addSign(program: Command, context: CliContext): void {
  const command = program.command('sign')
    .description('Print the username and password of a client.')
    .option('--instance <id>', 'MQTT instance id; with --data only where the folder holds several')
    .requiredOption('--client-id <id>', 'Client ID, <GroupID>@@@<DeviceID>')
    .option('--data <folder>', 'data folder of `mqttgw dev`: sign with a secret that it generated')
    .option('--json', 'print JSON');
  addKeyOptions(command).addHelpText('after', `
The password is Base64(HMAC-SHA1(AccessKeySecret, ClientId)): it is good for this Client ID alone.

Examples:
  mqttgw sign --instance quickstart --client-id GID_demo@@@device-1 --key-id quickstart-key --key-secret-file ./secret
  mqttgw sign --data .mqttgw --client-id GID_sensors@@@device-1
  MQTTGW_KEY_ID=… MQTTGW_KEY_SECRET=… mqttgw sign --instance quickstart --client-id GID_demo@@@device-1 --json`)
    .action((options: Options) => {
      const { clientId, json } = options;
      const generated = options.data === undefined ? undefined : generatedKey(path.resolve(context.cwd, options.data), options);
      const credentials = generated ? credentialsOf({ clientId, ...generated }, {}) : credentialsOf(options, context.env);
      if (!credentials) throw new UserError('no AccessKey was given; add --key-id and --key-secret-file, or set MQTTGW_KEY_ID and MQTTGW_KEY_SECRET, or add --data where `mqttgw dev` generated the secret', EXIT.usage);
      const { group } = checkClientId(clientId);
      if (generated?.groups?.includes(group) === false) context.stderr.write(undeclared(group, generated.groups));
      context.stdout.write(json
        ? `${JSON.stringify({ clientId, ...credentials })}\n`
        : `client id  ${clientId}\nusername   ${credentials.username}\npassword   ${credentials.password}\n`);
    });
}

/** C1: a password for a Client ID that no gateway takes would send its user searching elsewhere. */
function checkClientId(clientId: string): ClientIdParts {
  const parts = parseClientId(clientId);
  if (parts) return parts;
  throw new UserError(`C1: --client-id: got ${JSON.stringify(clientId)}; allowed: <GroupID>@@@<DeviceID>, without "/", "+", "#" and control characters; fix: such as GID_demo@@@device-1`, EXIT.usage);
}

/** A warning, no refusal: a group may have been made through the control API, or be declared since. */
function undeclared(group: string, groups: readonly string[]): string {
  return `mqttgw: warning: C1: --client-id: group ${JSON.stringify(group)} was not declared when \`mqttgw dev\` last started with this folder; declared: ${groups.join(', ') || 'none'}; `
    + 'the gateway refuses its clients until it is declared with instance.addGroupId(…) or made through the control API\n';
}
