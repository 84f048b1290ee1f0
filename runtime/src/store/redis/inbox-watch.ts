import type { Connection } from './connection';
import { scripts } from './scripts';

/** A sleeping watch looks around at least this often. */
const BLOCK_MS = 1000;
const RETRY_MS = 200;

/** Sleeps on the inboxes of some logs, on a connection of its own, and tells when one got entries. */
export class InboxWatch {
  private closed = false;
  private ends: readonly string[] = [];
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly logs: readonly string[],
    private readonly onEntries: () => void,
  ) {}

  start(): void {
    if (this.logs.length > 0) this.running = this.run();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.connection.close();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        await this.look();
        await this.connection.callBlocking(BLOCK_MS, 'XREAD', 'COUNT', 1, 'BLOCK', BLOCK_MS, 'STREAMS', ...this.logs.map((log) => `${this.prefix}in:${log}`), ...this.ends);
      } catch {
        if (this.closed) return;
        // It comes back by itself; what was written meanwhile shows in the ends.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** The ends are read before the call: what comes after them wakes the next sleep. */
  private async look(): Promise<void> {
    const ends = ((await this.connection.script(scripts.inboxEnds, this.prefix, ...this.logs)) as Buffer[]).map(String);
    if (ends.join() === this.ends.join()) return;
    this.ends = ends;
    if (!this.closed) this.onEntries();
  }
}
