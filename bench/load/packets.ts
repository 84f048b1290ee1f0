/** MQTT 3.1.1 packets as bytes, encoded ahead so that a measured loop only patches them. */

export const PACKET = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13 } as const;

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface ConnectOptions {
  readonly clientId: string;
  readonly cleanSession: boolean;
  readonly login: Login | null;
}

export function encodeConnect({ clientId, cleanSession, login }: ConnectOptions): Buffer {
  const flags = (cleanSession ? 0x02 : 0) | (login === null ? 0 : 0xc0);
  // keep-alive 0: an idle client sends nothing, as the memory figure wants it
  const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, flags, 0, 0]);
  const strings = login === null ? [clientId] : [clientId, login.username, login.password];
  return packet(0x10, [head, ...strings.map(text)]);
}

export function encodeSubscribe(filter: string, qos: 0 | 1): Buffer {
  return packet(0x82, [Buffer.from([0, 1]), text(filter), Buffer.from([qos])]);
}

export const PINGREQ = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

/** A PUBLISH whose packet identifier and first payload bytes are written over for each message. */
export interface PublishTemplate {
  readonly bytes: Buffer;
  /** Where the packet identifier stands; -1 at QoS 0. */
  readonly packetIdAt: number;
  readonly payloadAt: number;
}

export function publishTemplate(topic: string, payloadBytes: number, qos: 0 | 1): PublishTemplate {
  const packetId = Buffer.alloc(qos * 2);
  const bytes = packet(0x30 | (qos << 1), [text(topic), packetId, Buffer.alloc(payloadBytes, 0x2e)]);
  const payloadAt = bytes.length - payloadBytes;
  return { bytes, packetIdAt: qos === 0 ? -1 : payloadAt - 2, payloadAt };
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function packet(first: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = [first];
  for (let rest = body.length; ;) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    head.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) break;
  }
  return Buffer.concat([Buffer.from(head), body]);
}
