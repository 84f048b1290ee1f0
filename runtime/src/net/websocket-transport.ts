import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Transport, TransportSink } from './transport';

const NORMAL_CLOSURE = 1000;

/**
 * MQTT in binary WebSocket messages. Packets and messages need not line up [MQTT-6.0.0-2]: for the connection this is a
 * stream of bytes like any other.
 */
export class WebSocketTransport implements Transport {
  constructor(private readonly websocket: WebSocket, private readonly socket: Socket) {}

  attach(sink: TransportSink): void {
    const { websocket, socket } = this;
    websocket.on('message', (data, isBinary) => {
      if (isBinary) sink.received(data as Buffer);
      else sink.refuse('websocket-text-frame'); // [MQTT-6.0.0-1]
    });
    websocket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('WS_ERR') === true) sink.refuse('websocket-malformed', error.message);
      else sink.failed(error);
    });
    websocket.on('close', () => sink.closed());
    socket.on('drain', () => sink.drained());
  }

  get pendingBytes(): number {
    return this.websocket.bufferedAmount;
  }

  write(chunks: readonly Buffer[], bytes: number): boolean {
    if (this.websocket.readyState !== this.websocket.OPEN) return true;
    this.websocket.send(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes), { binary: true });
    return !this.socket.writableNeedDrain;
  }

  pause(): void {
    this.websocket.pause();
  }

  resume(): void {
    this.websocket.resume();
  }

  end(): void {
    this.websocket.close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.websocket.terminate();
  }
}
