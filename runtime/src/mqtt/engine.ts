import { Readable } from 'node:stream';
import { Aedes, type AedesOptions, type Client } from 'aedes';

/** The parts of an aedes client that our seams use beyond its public type. */
export interface EngineClient extends Client {
  readonly _keepaliveTimer: NodeJS.Timeout | null;
}

/** What aedes asks of its persistence and we answer; everything else of it is empty. */
export interface EngineSeams {
  /** A persistent session exists: SUBACK aside, the CONNACK flag is all that aedes needs of it. */
  sessionPresent(clientId: string): boolean;
  /** PUBACK and PUBCOMP from the client. */
  acknowledged(client: EngineClient, packetId: number, command: 'puback' | 'pubcomp'): void;
  /** PUBREC from the client of a persistent session; PUBREL follows when it resolves. */
  received(client: EngineClient, packetId: number): Promise<void>;
  /** PUBREL from the client; PUBCOMP follows when it resolves. */
  released(client: EngineClient, packetId: number): Promise<void>;
  /** UNSUBSCRIBE of a persistent session; UNSUBACK follows when it resolves. */
  unsubscribed(client: EngineClient, filters: readonly string[]): Promise<void>;
}

/** A filter that no client can send, because it holds NUL: `authorizeSubscribe` denies it, and CONNACK says "session present". */
export const SESSION_PRESENT_FILTER = '\u0000session';

interface AckPacket {
  readonly cmd: string;
  readonly messageId: number;
}

/**
 * aedes as the protocol engine only: it parses, answers and keeps the handshakes; it stores and routes nothing.
 * `publish` ends where aedes would fan out: by then `authorizePublish` has stored the message, and the tail delivers it.
 */
export class Engine extends Aedes {
  constructor(options: AedesOptions, seams: EngineSeams) {
    super({ ...options, mq: silentEmitter, persistence: persistenceOf(seams) });
  }

  override publish(_packet: unknown, client: unknown, done?: unknown): void {
    const callback = (typeof client === 'function' ? client : done) as ((error?: Error) => void) | undefined;
    // never within the parser's loop: the callback may read and parse more, and the parser does not stand that
    if (callback !== undefined) queueMicrotask(callback);
  }
}

/** Calls back at once: aedes relies on that when it closes an old connection of the same client. */
const silentEmitter = {
  on: (_topic: string, _listener: unknown, done?: () => void) => done?.(),
  removeListener: (_topic: string, _listener: unknown, done?: () => void) => done?.(),
  emit: (_packet: unknown, done?: () => void) => done?.(),
  close: (done?: () => void) => done?.(),
};

const nothing = (): Readable => Readable.from([]);

/** aedes insists that `setup` is an async function, hence the target ES2017 or later. */
function persistenceOf(seams: EngineSeams): object {
  return {
    async setup(): Promise<void> {},
    async subscriptionsByClient(client: { id: string }): Promise<{ topic: string; qos: number }[]> {
      return seams.sessionPresent(client.id) ? [{ topic: SESSION_PRESENT_FILTER, qos: 0 }] : [];
    },
    async cleanSubscriptions(): Promise<void> {},
    async addSubscriptions(): Promise<void> {}, // stored once a packet by `authorizeSubscribe`
    async removeSubscriptions(client: EngineClient, filters: string[]): Promise<void> {
      await seams.unsubscribed(client, filters);
    },
    async subscriptionsByTopic(): Promise<[]> {
      return [];
    },
    async outgoingEnqueueCombi(): Promise<void> {},
    async outgoingClearMessageId(client: EngineClient, packet: AckPacket): Promise<AckPacket> {
      seams.acknowledged(client, packet.messageId, packet.cmd as 'puback' | 'pubcomp');
      return packet;
    },
    async outgoingUpdate(client: EngineClient, packet: AckPacket): Promise<void> {
      if (packet.cmd === 'pubrel') await seams.received(client, packet.messageId);
    },
    outgoingStream: nothing,
    createRetainedStreamCombi: nothing,
    // `authorizePublish` has stored the message under its packet identifier, so PUBREC is all that is left: "known" gives just that
    async incomingGetPacket(_client: EngineClient, packet: AckPacket): Promise<AckPacket> {
      return packet;
    },
    async incomingStorePacket(): Promise<void> {},
    async incomingDelPacket(client: EngineClient, packet: AckPacket): Promise<void> {
      await seams.released(client, packet.messageId);
    },
    async storeRetained(): Promise<void> {},
    async putWill(): Promise<void> {},
    async delWill(): Promise<void> {},
    streamWill: nothing,
    async destroy(): Promise<void> {},
  };
}
