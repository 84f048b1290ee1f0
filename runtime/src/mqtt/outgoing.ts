import type { StoredMessage } from '../store/contract';
import { encodePublish } from './publish-frame';

/** A stored message on its way to any number of sessions; what they can share is encoded once. */
export class Outgoing {
  private qos0: Buffer | null = null;

  constructor(readonly message: StoredMessage, /** RETAIN flag [MQTT-3.3.1-8]. */ readonly retain = false) {}

  /** The same bytes for every receiver at QoS 0. */
  frameQos0(): Buffer {
    this.qos0 ??= encodePublish({ topic: this.message.topic, payload: this.message.payload, qos: 0, retain: this.retain });
    return this.qos0;
  }

  frame(qos: 1 | 2, packetId: number, dup: boolean): Buffer {
    return encodePublish({ topic: this.message.topic, payload: this.message.payload, qos, packetId, dup, retain: this.retain });
  }
}
