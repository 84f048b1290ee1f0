/** A TCP proxy between two parties that misbehaves when told to. */
import net from 'node:net';

/** As seen from who connects: `requests` go to the server, `answers` come back. */
export type Direction = 'requests' | 'answers';

interface Pair {
  readonly near: net.Socket;
  readonly far: net.Socket;
  /** Bytes were swallowed: it can only be cut now. */
  maimed: boolean;
}

export class Link {
  private readonly pairs = new Set<Pair>();
  private delayMs = 0;
  private dropping: Direction | 'both' | null = null;
  private refusing = false;

  private constructor(private readonly server: net.Server, private readonly targetPort: number) {
    server.on('connection', (near) => this.accept(near));
  }

  static async open(targetPort: number): Promise<Link> {
    const server = net.createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve());
    });
    return new Link(server, targetPort);
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** RST on both sides of every connection. */
  cut(): void {
    for (const pair of this.pairs) this.destroy(pair);
  }

  delay(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  /** Swallows what goes this way; the connections stay open, and are cut by `heal`. */
  drop(direction: Direction | 'both'): void {
    this.dropping = direction;
  }

  /** New connections are reset at once. */
  refuse(): void {
    this.refusing = true;
  }

  /** FIN to the server (`requests`) or to who connected (`answers`), while the other way stays open. */
  halfClose(direction: Direction): void {
    for (const { near, far } of this.pairs) (direction === 'requests' ? far : near).end();
  }

  heal(): void {
    this.delayMs = 0;
    this.dropping = null;
    this.refusing = false;
    for (const pair of this.pairs) if (pair.maimed || pair.near.writableEnded || pair.far.writableEnded) this.destroy(pair);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(near: net.Socket): void {
    if (this.refusing) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const pair: Pair = { near, far, maimed: false };
    this.pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined).on('close', () => this.destroy(pair));
    }
    this.carry(pair, near, far, 'requests');
    this.carry(pair, far, near, 'answers');
  }

  private carry(pair: Pair, from: net.Socket, to: net.Socket, direction: Direction): void {
    // one chain a direction keeps the order of bytes, whatever the delay is at the moment
    const waiting: { due: number; data: Buffer | null }[] = [];
    let timer: NodeJS.Timeout | null = null;
    const write = (data: Buffer | null): void => {
      if (to.destroyed || to.writableEnded) return;
      if (data === null) to.end();
      else if (!to.write(data)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    const pump = (): void => {
      timer = null;
      while (waiting.length > 0 && waiting[0]!.due <= Date.now()) write(waiting.shift()!.data);
      if (waiting.length > 0) timer = setTimeout(pump, waiting[0]!.due - Date.now());
    };
    const pass = (data: Buffer | null): void => {
      if (this.dropping === direction || this.dropping === 'both') {
        pair.maimed = true;
        return;
      }
      if (this.delayMs === 0 && waiting.length === 0) return write(data);
      waiting.push({ due: Date.now() + this.delayMs, data });
      timer ??= setTimeout(pump, this.delayMs);
    };
    from.on('data', pass).on('end', () => pass(null));
    from.on('close', () => { if (timer !== null) clearTimeout(timer); });
  }

  private destroy(pair: Pair): void {
    if (!this.pairs.delete(pair)) return;
    for (const socket of [pair.near, pair.far]) if (!socket.destroyed) socket.resetAndDestroy();
  }
}
