import { OPEN_LOG, type InboxEntry, type QoS } from '../contract';
import { isValidTopic } from '../../topics/match';
import type { Connection } from './connection';
import type { RawEntry } from './entry';

/** What waits in the inboxes, oldest first over all of them. */
export async function readInbox(connection: Connection, prefix: string, logs: readonly string[], limit: number): Promise<InboxEntry[]> {
  if (logs.length === 0) return [];
  const replies = (await connection.pipeline(logs.map((log) => ['XRANGE', `${prefix}in:${log}`, '-', '+', 'COUNT', limit] as const))) as RawEntry[][];
  const found = replies.flatMap((entries, i) => entries.map((entry) => ({ order: orderOf(entry[0].toString('latin1')), entry, log: logs[i]! })));
  found.sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1]);
  return found.slice(0, limit).map(({ log, entry }) => inboxEntryOf(log, entry));
}

function orderOf(entryId: string): readonly [number, number] {
  const [time, sequence] = entryId.split('-');
  return [Number(time), Number(sequence)];
}

/** An entry that a backend wrote, judged by the documented layout (S1). */
export function inboxEntryOf(log: string, [id, fields]: RawEntry): InboxEntry {
  const entryId = id.toString('latin1');
  try {
    return { log, entryId, message: messageFrom(log, fields), reason: '' };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { log, entryId, message: null, reason: error.message };
  }
}

class Malformed extends Error {}

function messageFrom(log: string, fields: readonly Buffer[]): NonNullable<InboxEntry['message']> {
  const values = new Map<string, Buffer>();
  for (let i = 0; i < fields.length; i += 2) values.set(fields[i]!.toString(), fields[i + 1]!);
  const text = (name: string) => textOf(name, values.get(name));

  const payload = values.get('payload');
  if (payload === undefined) throw new Malformed('payload: missing; give the bytes of the message, empty ones too');
  const qos = text('qoslevel') ?? '1';
  if (!['0', '1', '2'].includes(qos)) throw new Malformed(`qoslevel: got ${shown(qos)}, allowed 0, 1, 2`);
  const clean = text('cleansessionflag') ?? 'true';
  if (clean !== 'true' && clean !== 'false') throw new Malformed(`cleansessionflag: got ${shown(clean)}, allowed true, false`);
  return { payload, qos: Number(qos) as QoS, cleanSession: clean === 'true', clientId: text('clientId') ?? '', topic: topicFrom(log, text) };
}

function topicFrom(log: string, text: (name: string) => string | undefined): string {
  const second = text('mqttSecondTopic') ?? '';
  if (second !== '' && !second.startsWith('/')) throw new Malformed(`mqttSecondTopic: got ${shown(second)}, allowed empty or beginning with /, such as /a/b`);
  const whole = text('mqttRealTopic');
  // Without declared topics there is no parent to begin with.
  if (log === OPEN_LOG && whole === undefined) throw new Malformed('mqttRealTopic: missing; this inbox serves all topics, so give the whole one');
  const topic = whole ?? log + second;
  if (log !== OPEN_LOG && topic !== log && !topic.startsWith(`${log}/`)) throw new Malformed(`mqttRealTopic: got ${shown(topic)}, allowed ${log} or ${log}/…`);
  if (second !== '' && log !== OPEN_LOG && topic !== log + second) throw new Malformed(`mqttRealTopic: got ${shown(topic)}, which is not ${log} with mqttSecondTopic`);
  if (!isValidTopic(topic) || Buffer.byteLength(topic) > 65_535) throw new Malformed(`mqttSecondTopic: got ${shown(topic)}, allowed a topic without + and #`);
  return topic;
}

function textOf(name: string, value: Buffer | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = value.toString();
  if (!Buffer.from(text).equals(value)) throw new Malformed(`${name}: got bytes that are no UTF-8`);
  if (value.length > 65_535) throw new Malformed(`${name}: got ${value.length} bytes, allowed 65,535`);
  return text;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
