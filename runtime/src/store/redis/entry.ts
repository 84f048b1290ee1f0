import type { QoS, StoredMessage } from '../contract';

/** As Redis replies: an entry's id and its fields, name and value in turn. */
export type RawEntry = readonly [Buffer, readonly Buffer[]];

const EMPTY = Buffer.alloc(0);

/** A stream entry as a message. An absent property has the default that backend services rely on (S1). */
export function messageOf(log: string, [id, fields]: RawEntry): StoredMessage {
  let payload: Buffer = EMPTY;
  let qos: QoS = 1;
  let cleanSession = true;
  let clientId = '';
  let topic: string | undefined;
  let second: Buffer = EMPTY;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1]!;
    switch (fields[i]!.toString('latin1')) {
      case 'payload': payload = value; break;
      case 'qoslevel': qos = value[0] === 0x30 ? 0 : value[0] === 0x32 ? 2 : 1; break;
      case 'cleansessionflag': cleanSession = value[0] !== 0x66; break; // f
      case 'mqttSecondTopic': second = value; break;
      case 'mqttRealTopic': topic = value.toString(); break;
      case 'clientId': clientId = value.toString(); break;
      case 'origin': return { ...messageOf(log, [id, fields.slice(0, i)]), fromInbox: true }; // the last one, and rare
    }
  }
  return { id: Number.parseInt(id.toString('latin1'), 10), log, topic: topic ?? log + second.toString(), payload, qos, cleanSession, clientId };
}
