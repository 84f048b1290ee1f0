import type { StoredMessage } from '../store/contract';
import { encodePublish } from './publish-frame';

/** Less than this is not worth a copy, in bytes. */
const COMPACT_ABOVE = 512;

/** A stored message on its way to any number of sessions; what they can share is encoded once. */
export class Outgoing {
  private qos0: Buffer | null = null;

  constructor(private stored: StoredMessage, /** RETAIN flag [MQTT-3.3.1-8]. */ readonly retain = false) {}

  get message(): StoredMessage {
    return this.stored;
  }

  /** For one that has to wait: its payload may be a small part of all that its sender's socket gave at once. */
  compact(): void {
    const { payload } = this.stored;
    if (payload.buffer.byteLength <= 2 * payload.length + COMPACT_ABOVE) return;
    const own = Buffer.allocUnsafeSlow(payload.length);
    payload.copy(own);
    this.stored = { ...this.stored, payload: own };
  }

  /** The same bytes for every receiver at QoS 0. */
  frameQos0(): Buffer {
    this.qos0 ??= encodePublish({ topic: this.message.topic, payload: this.message.payload, qos: 0, retain: this.retain });
    return this.qos0;
  }

  frame(qos: 1 | 2, packetId: number, dup: boolean): Buffer {
    return encodePublish({ topic: this.message.topic, payload: this.message.payload, qos, packetId, dup, retain: this.retain });
  }
}
