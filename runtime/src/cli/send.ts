/** `mqttgw send`: sends a message through the control API, as a backend does. */
import type { Command } from 'commander';
import type { SentMessage } from '../api/messages';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { qos, topicName, type QoSLevel } from './mqtt-client';
import { payloadOf } from './pub';

interface Options extends ApiOptions {
  readonly topic: string;
  readonly message?: string;
  readonly file?: string;
  readonly qos: QoSLevel;
  readonly retain?: boolean;
  readonly to?: string;
}

export function addSend(program: Command, context: CliContext): void {
  addApiOptions(program.command('send')
    .description('Send a message without being a client. Ends with 0 and its Message ID when it is stored.')
    .requiredOption('--topic <topic>', 'topic; with --to the parent topic', topicName)
    .option('--message <text>', 'payload; without it and without --file the payload is read from standard input')
    .option('--file <file>', 'payload from a file')
    .option('--qos <level>', 'quality of service: 0, 1 or 2', qos, 1)
    .option('--retain', 'keep it as the retained message of its topic')
    .option('--to <client-id>', 'to this client alone (P2P)')).addHelpText('after', `
Examples:
  mqttgw send --topic demo/hello --message hello --key-id quickstart-key --key-secret-file ./secret
  mqttgw send --topic demo --to GID_demo@@@device-1 --message "for you"
  date | mqttgw send --topic demo/time --retain`)
    .action(async (options: Options) => {
      const { topic, qos: level, retain, to: clientId } = options;
      const payload = (await payloadOf(options, context)).toString('base64');
      const answer = await ask<SentMessage>(options, context, 'POST', '/messages', { topic, payload, encoding: 'base64', qos: level, retain, clientId });
      print(options, context, answer, ({ messageId }) => `stored as ${messageId}`);
    });
}
