import { createServer, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ErrorCode } from '../errors';
import type { NetLimits } from '../limits';
import type { Accepted } from './acceptor';
import type { OpenTransport } from './tcp-listener';
import { WebSocketTransport } from './websocket-transport';

/** In the order of preference; `mqttv3.1` is what MQTT 3.1 clients ask for. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];

export interface WebSocketProtocol {
  /** `socket` is the accepted one, or the TLS socket on it. */
  accept(socket: Socket, accepted: Accepted): void;
}

/** MQTT over WebSocket: the upgrade, strict and bounded, on sockets that are accepted (and secured) already. */
export function webSocketProtocol(limits: NetLimits, payloadBytes: () => number, open: OpenTransport): WebSocketProtocol {
  const upgrades = new WeakMap<Socket, Accepted>();
  let messageBytes = 0;
  let server: WebSocketServer | null = null;

  /** The bound of a message follows the declared payload limit; connections that stand keep the bound they came with. */
  const currentServer = (): WebSocketServer => {
    const wanted = Math.max(limits.websocketMessageBytes, payloadBytes() + limits.websocketMessageBytes);
    if (server === null || wanted !== messageBytes) {
      messageBytes = wanted;
      server = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false, // a few bytes that inflate to megabytes, and memory for every connection
        maxPayload: messageBytes,
        maxFragments: limits.websocketFragments,
        handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
      });
    }
    return server;
  };

  // it never listens: its sockets come from the acceptor, which also bounds the time of the upgrade
  const http = createServer({ maxHeaderSize: limits.websocketHeaderBytes }, (request, response) => {
    const status = pathOf(request) === limits.websocketPath ? 426 : 404;
    response.writeHead(status, { 'Connection': 'close', 'Content-Type': 'text/plain', ...(status === 426 ? { Upgrade: 'websocket' } : {}) });
    response.end(`${STATUS_CODES[status]}\n`);
  });
  http.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    const overflow = error.code === 'HPE_HEADER_OVERFLOW';
    refuse(socket, overflow ? 431 : 400, overflow ? 'websocket-headers-exceeded' : 'websocket-malformed', error.code);
  });
  http.on('upgrade', (request, stream, head) => {
    const socket = stream as Socket;
    socket.on('error', () => socket.destroy());
    if (request.rawHeaders.length / 2 > limits.websocketHeaders) {
      return refuse(socket, 431, 'websocket-headers-exceeded', `got ${request.rawHeaders.length / 2}, allowed ${limits.websocketHeaders}`);
    }
    if (pathOf(request) !== limits.websocketPath) return refuse(socket, 404, 'websocket-path-unknown');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    // [MQTT-6.0.0-3] [MQTT-6.0.0-4]
    if (!offered.some((name) => SUBPROTOCOLS.includes(name))) return refuse(socket, 400, 'websocket-subprotocol-unsupported');
    currentServer().handleUpgrade(request, socket, head, (websocket) => {
      const accepted = upgrades.get(socket);
      if (accepted === undefined) return websocket.terminate();
      accepted.handshakeDone();
      open(new WebSocketTransport(websocket, socket), accepted);
    });
  });

  function refuse(socket: Socket, status: number, code: ErrorCode, detail?: string): void {
    if (socket.destroyed) return;
    const body = `${STATUS_CODES[status]}\n`;
    const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    if (socket.writable) socket.end(answer);
    socket.resume(); // what is still on its way is thrown away, or the kernel's reset would eat the answer
    upgrades.get(socket)?.refuse(code, detail, true);
  }

  return {
    accept(socket, accepted) {
      upgrades.set(socket, accepted);
      http.emit('connection', socket);
      socket.resume();
    },
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
