/** `mqttgw tail`: prints what a topic has stored, and what is stored next, until Ctrl-C. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { StoredMessageAnswer, StoredMessagePage } from '../api/stored-messages';
import { isValidFilter } from '../topics/match';
import { addApiOptions, ask, queryOf, type ApiOptions } from './api-command';
import { untilStopped, wholeNumber, type CliContext } from './context';
import { messageIdOf } from './duration';
import { printable } from './sub';
import { time } from './table';

interface Options extends ApiOptions { readonly subTopic?: string; readonly since?: number; readonly count?: number; readonly follow: boolean }

const LOOK_MS = 500;

export function addTail(program: Command, context: CliContext): void {
  addApiOptions(program.command('tail <topic>')
    .description('Print the messages that a parent topic stores, as they come, without being a client. Ends with Ctrl-C.')
    .option('--sub-topic <filter>', 'what stands behind the parent topic; + and # are allowed', subTopic)
    .addOption(new Option('--since <time>', 'begin with what is stored already: 10m, 2h, 1d, a date such as 2026-03-01T12:00:00Z, or a Message ID').argParser(messageIdOf))
    .option('--count <n>', 'end after this many messages', wholeNumber(1, 1_000_000_000))
    .option('--no-follow', 'end when everything stored was printed')).addHelpText('after', `
Examples:
  mqttgw tail demo --key-id quickstart-key --key-secret-file ./secret
  mqttgw tail demo --sub-topic 'sensors/+' --since 1h --json
  mqttgw tail demo --since 1d --no-follow`)
    .action((topic: string, options: Options) => tail(topic, options, context));
}

async function tail(topic: string, options: Options, context: CliContext): Promise<void> {
  const { stopped, dispose } = untilStopped();
  const ending = new AbortController();
  void stopped.then(() => ending.abort());
  const page = (more: object): Promise<StoredMessagePage> =>
    ask(options, context, 'GET', `/topics/${encodeURIComponent(topic)}/messages?${queryOf({ subTopic: options.subTopic, ...more })}`);
  let printed = 0;
  try {
    let after = options.since ?? (await page({ order: 'newest', limit: 1 })).position;
    while (!ending.signal.aborted) {
      const { messages, next, position } = await page({ after, limit: 100 });
      for (const message of messages) {
        context.stdout.write(`${options.json ? JSON.stringify(message) : line(message)}\n`);
        if (++printed === options.count) return;
      }
      after = next ?? position;
      if (next === null && !options.follow) return;
      if (next === null) await sleep(LOOK_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    dispose();
  }
}

function line({ messageId, at, topic, qos, clientId, payload }: StoredMessageAnswer): string {
  return `${time(at)} ${messageId} ${printable(Buffer.from(topic))} QoS ${qos} ${clientId === null ? '-' : printable(Buffer.from(clientId))}: ${printable(Buffer.from(payload, 'base64'))}`;
}

function subTopic(text: string): string {
  if (isValidFilter(text)) return text;
  throw new InvalidArgumentError('allowed are topic levels in which + stands for one and # for all that follow, such as sensors/+ or #.');
}
