import type { StoredMessage } from '../contract';
import { hasWildcard, matches } from '../../topics/match';

/** The newest retained message of each topic. */
export class Retained {
  private readonly messages = new Map<string, StoredMessage>();
  payloadBytes = 0;

  /** An empty payload deletes [MQTT-3.3.1-10]. */
  put(message: StoredMessage): void {
    this.delete(message.topic);
    if (message.payload.length === 0) return;
    // A copy: it stays for long, and the original may be a piece of a large buffer.
    this.messages.set(message.topic, { ...message, payload: Buffer.from(message.payload) });
    this.payloadBytes += message.payload.length;
  }

  read(filter: string, limit: number): StoredMessage[] {
    if (!hasWildcard(filter)) return [...this.one(filter)].slice(0, limit);
    const found: StoredMessage[] = [];
    for (const message of this.messages.values()) {
      if (found.length >= limit) break;
      if (matches(filter, message.topic)) found.push(message);
    }
    return found;
  }

  deleteLog(log: string): void {
    for (const message of this.messages.values()) if (message.log === log) this.delete(message.topic);
  }

  private one(topic: string): StoredMessage[] {
    const message = this.messages.get(topic);
    return message === undefined ? [] : [message];
  }

  private delete(topic: string): void {
    this.payloadBytes -= this.messages.get(topic)?.payload.length ?? 0;
    this.messages.delete(topic);
  }
}
