import type { Socket } from 'node:net';
import type { Transport, TransportSink } from './transport';

/** A TCP or TLS socket. */
export class SocketTransport implements Transport {
  constructor(private readonly socket: Socket) {}

  attach(sink: TransportSink): void {
    const { socket } = this;
    socket.on('data', (chunk: Buffer) => sink.received(chunk));
    socket.on('end', () => sink.ended());
    socket.on('error', (error) => sink.failed(error));
    socket.on('drain', () => sink.drained());
    socket.on('close', () => sink.closed());
  }

  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  write(chunks: readonly Buffer[], _bytes: number): boolean {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return true;
    if (chunks.length === 1) return socket.write(chunks[0]!);
    socket.cork();
    let more = true;
    for (const chunk of chunks) more = socket.write(chunk);
    socket.uncork();
    return more;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
