/** `mqttgw sub`: prints what arrives. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { IPublishPacket, MqttClient } from 'mqtt';
import { EXIT, UserError } from '../user-error';
import { seconds, untilStopped, wholeNumber, type CliContext } from './context';
import { addConnectOptions, connect, explain, qos, subscribe, topicFilter, type ConnectOptions, type QoSLevel } from './mqtt-client';

interface Options extends ConnectOptions {
  readonly topic?: readonly string[];
  readonly qos: QoSLevel;
  readonly count?: number;
  readonly timeout?: number;
  readonly json?: boolean;
}

export function addSub(program: Command, context: CliContext): void {
  const command = program.command('sub')
    .description('Subscribe and print every message that arrives.')
    .option('--topic <filter...>', 'topic filters; none: only P2P messages and what the kept session holds', topicFilter)
    .option('--qos <level>', 'quality of service: 0, 1 or 2', qos, 1)
    .option('--count <n>', 'end after this many messages', wholeNumber(1, 1_000_000_000))
    .option('--timeout <seconds>', 'end after this time; with --count and fewer messages the exit code is 4', seconds)
    .option('--json', 'print one JSON object a message; the payload is text, or base64 when it is not');
  addConnectOptions(command).addHelpText('after', `
Examples:
  mqttgw sub --topic demo/# --instance quickstart --client-id GID_demo@@@reader --key-id quickstart-key --key-secret-file ./secret
  mqttgw sub --topic demo/# --client-id GID_demo@@@reader --username … --password … --no-clean --count 10 --timeout 30 --json`)
    .action(async (options: Options) => sub(options, context));
}

async function sub(options: Options, context: CliContext): Promise<void> {
  let enough!: Promise<'enough'>;
  const client = await connect(options, context.env, true, (connecting) => { enough = receive(connecting, options, context.stdout); });
  const { stopped, dispose } = untilStopped();
  const done = new AbortController();
  try {
    const failed = new Promise<never>((_, reject) => { client.on('error', (error) => reject(explain(error, options.url))); });
    failed.catch(() => undefined);
    if (options.topic) await Promise.race([subscribe(client, options.topic, options.qos), failed]);
    const late = options.timeout === undefined ? [] : [sleep(options.timeout * 1_000, 'timeout' as const, { signal: done.signal })];
    const end = await Promise.race([enough, failed, stopped, ...late]);
    if (end === 'timeout' && options.count !== undefined) {
      throw new UserError(`fewer than ${options.count} messages came within ${options.timeout} s`, EXIT.timeout);
    }
  } finally {
    done.abort();
    dispose();
    // without force: what was received is acknowledged before the connection ends
    await client.endAsync().catch(() => undefined);
  }
}

/** Resolves when `count` messages were printed; never without a count. */
export function receive(client: MqttClient, { count, json }: Pick<Options, 'count' | 'json'>, out: NodeJS.WritableStream): Promise<'enough'> {
  return new Promise((resolve) => {
    let received = 0;
    client.on('message', (topic, payload, packet) => {
      if (count !== undefined && received >= count) return;
      received += 1;
      out.write(`${json ? asJson(topic, payload, packet) : `${topic} ${printable(payload)}`}\n`);
      if (received === count) resolve('enough');
    });
  });
}

function asJson(topic: string, payload: Buffer, { qos: level, retain, dup }: IPublishPacket): string {
  const text = payload.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(payload);
  return JSON.stringify({ topic, qos: level, retain, dup, ...(isText ? { payload: text } : { payloadBase64: payload.toString('base64') }) });
}

/** A payload comes from anybody: control characters would let it write over a person's terminal. */
export function printable(payload: Buffer): string {
  return payload.toString('utf8').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}
