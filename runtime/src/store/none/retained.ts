import type { PageBound, RetainedPage, StoredMessage } from '../contract';
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

  /** In the order of their ids, as they lie in the map; a page goes on after an id. */
  read(filter: string, after: string | null, page: PageBound): RetainedPage {
    if (!hasWildcard(filter)) {
      const message = this.messages.get(filter);
      return { messages: message === undefined ? [] : [message], next: null };
    }
    const position = after === null ? -1 : Number(after);
    const messages: StoredMessage[] = [];
    let bytes = 0;
    for (const message of this.messages.values()) {
      if (message.id <= position || !matches(filter, message.topic)) continue;
      messages.push(message);
      bytes += message.payload.length;
      if (messages.length >= page.messages || bytes >= page.bytes) return { messages, next: String(message.id) };
    }
    return { messages, next: null };
  }

  deleteLog(log: string): void {
    for (const message of this.messages.values()) if (message.log === log) this.delete(message.topic);
  }

  private delete(topic: string): void {
    this.payloadBytes -= this.messages.get(topic)?.payload.length ?? 0;
    this.messages.delete(topic);
  }
}
