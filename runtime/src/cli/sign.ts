/** `mqttgw sign`: what a client gives as username and password (A1). */
import type { Command } from 'commander';
import { EXIT, UserError } from '../user-error';
import { addKeyOptions, credentialsOf, type CredentialOptions } from './credentials';
import type { CliContext } from './context';

export function addSign(program: Command, context: CliContext): void {
  const command = program.command('sign')
    .description('Print the username and password of a client.')
    .requiredOption('--instance <id>', 'MQTT instance id')
    .requiredOption('--client-id <id>', 'Client ID, <GroupID>@@@<DeviceID>')
    .option('--json', 'print JSON');
  addKeyOptions(command).addHelpText('after', `
The password is Base64(HMAC-SHA1(AccessKeySecret, ClientId)): it is good for this Client ID alone.

Examples:
  mqttgw sign --instance quickstart --client-id GID_demo@@@device-1 --key-id quickstart-key --key-secret-file ./secret
  MQTTGW_KEY_ID=… MQTTGW_KEY_SECRET=… mqttgw sign --instance quickstart --client-id GID_demo@@@device-1 --json`)
    .action((options: CredentialOptions & { json?: boolean }) => {
      const credentials = credentialsOf(options, context.env);
      if (!credentials) throw new UserError('no AccessKey was given; add --key-id and --key-secret-file, or set MQTTGW_KEY_ID and MQTTGW_KEY_SECRET', EXIT.usage);
      context.stdout.write(options.json
        ? `${JSON.stringify({ clientId: options.clientId, ...credentials })}\n`
        : `client id  ${options.clientId}\nusername   ${credentials.username}\npassword   ${credentials.password}\n`);
    });
}
