/** `mqttgw pub`: sends messages, and on demand waits until they come back. */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { MqttClient } from 'mqtt';
import { EXIT, UserError } from '../user-error';
import { seconds, wholeNumber, type CliContext } from './context';
import { within } from '../within';
import { addConnectOptions, connect, explain, qos, subscribe, topicName, type ConnectOptions, type QoSLevel } from './mqtt-client';
import { receive } from './sub';

interface Options extends ConnectOptions {
  readonly topic: string;
  readonly message?: string;
  readonly file?: string;
  readonly qos: QoSLevel;
  readonly retain?: boolean;
  readonly count: number;
  readonly interval: number;
  readonly receive?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** DISCONNECT needs a moment to leave. */
const CLOSE_MS = 1_000;

export function addPub(program: Command, context: CliContext): void {
  const command = program.command('pub')
    .description('Publish a message. Ends with 0 when the gateway has stored it (QoS 1 and 2).')
    .requiredOption('--topic <topic>', 'topic, <parent topic>/<anything>', topicName)
    .option('--message <text>', 'payload; without it and without --file the payload is read from standard input')
    .option('--file <file>', 'payload from a file')
    .option('--qos <level>', 'quality of service: 0, 1 or 2', qos, 1)
    .option('--retain', 'ask the gateway to keep it as the retained message of its topic')
    .option('--count <n>', 'send it this many times', wholeNumber(1, 1_000_000), 1)
    .option('--interval <milliseconds>', 'pause between two messages', wholeNumber(0, 3_600_000), 0)
    .option('--receive', 'subscribe to the topic first, and print the messages when they come back')
    .option('--timeout <seconds>', 'how long to wait for acknowledgements, and for messages with --receive', seconds, 30)
    .option('--json', 'print JSON');
  addConnectOptions(command).addHelpText('after', `
Examples:
  mqttgw pub --topic demo/hello --message hello --instance quickstart --client-id GID_demo@@@sender --key-id quickstart-key --key-secret-file ./secret
  mqttgw pub --topic demo/hello --message hello --receive --client-id GID_demo@@@sender --username … --password …
  date | mqttgw pub --topic demo/time --url wss://127.0.0.1:8443/mqtt --insecure --client-id GID_demo@@@clock --username … --password …`)
    .action(async (options: Options) => pub(options, context));
}

async function pub(options: Options, context: CliContext): Promise<void> {
  const payload = await payloadOf(options, context);
  const client = await connect(options, context.env);
  const done = new AbortController();
  try {
    const lost = connectionLost(client, options);
    lost.catch(() => undefined);
    const late = sleep(options.timeout * 1_000, undefined, { signal: done.signal }).then(() => {
      throw new UserError(`no answer within ${options.timeout} s`, EXIT.timeout);
    });
    late.catch(() => undefined);
    await Promise.race([send(client, payload, options, context), lost, late]);
  } finally {
    done.abort();
    client.removeAllListeners('close');
    await within(CLOSE_MS, client.endAsync()).catch(() => undefined);
    client.end(true);
  }
}

async function send(client: MqttClient, payload: Buffer, options: Options, { stdout }: CliContext): Promise<void> {
  const { topic, qos: level, retain = false, count, interval, json } = options;
  const back = options.receive ? receive(client, options, stdout) : undefined;
  if (back) await subscribe(client, [topic], level);
  const started = performance.now();
  for (let sent = 0; sent < count; sent++) {
    if (sent > 0 && interval > 0) await sleep(interval);
    await client.publishAsync(topic, payload, { qos: level, retain });
  }
  const milliseconds = Math.round(performance.now() - started);
  if (back) await back;
  else if (json) stdout.write(`${JSON.stringify({ topic, qos: level, messages: count, milliseconds })}\n`);
}

export async function payloadOf({ message, file }: Pick<Options, 'message' | 'file'>, { stdin }: CliContext): Promise<Buffer> {
  if (message !== undefined && file !== undefined) throw new UserError('--message and --file exclude each other; give one', EXIT.usage);
  if (message !== undefined) return Buffer.from(message, 'utf8');
  if (file === undefined) return buffer(stdin as AsyncIterable<Buffer>);
  try {
    return readFileSync(file);
  } catch {
    throw new UserError(`cannot read the payload from ${file}`, EXIT.usage);
  }
}

/** A gateway answers a PUBLISH that it refuses by closing the connection: MQTT 3.1.1 has no other word for it. */
function connectionLost(client: MqttClient, { topic, url }: Options): Promise<never> {
  return new Promise((_, reject) => {
    client.on('error', (error) => reject(explain(error, url)));
    client.once('close', () => reject(new UserError(
      `the gateway closed the connection, so the message is not stored; most often the topic is not allowed: the first level of "${topic}" must be a declared parent topic that this key may publish to. A payload above the limit of the instance is refused so as well`,
    )));
  });
}
