import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ListenerBinding, ListenerName } from '../../../lib/manifest/manifest';
import type { ErrorCode } from '../errors';
import type { NetLimits } from '../limits';
import type { HalfOpenTable } from './half-open';
import { peerOf } from './peer';
import { parseProxyHeader } from './proxy-protocol';
import type { Peer } from './transport';

/** A socket whose peer is known and that may now speak its listener's protocol. */
export interface Accepted {
  /** May be paused with bytes behind a PROXY header in it: who reads its data resumes it, TLS takes it over as it is. */
  readonly socket: Socket;
  readonly peer: Peer;
  /** The handshakes are done: what follows has a time limit of its own. */
  handshakeDone(): void;
  /** Authenticated, or ended: no longer counted as half-open. */
  admittedOrClosed(): void;
  /** Ends it and tells why, once; it may be closed already. `answered`: what was written should still arrive, so the socket goes when the peer has gone, or soon. */
  refuse(code: ErrorCode, detail?: string, answered?: boolean): void;
}

export interface AcceptorOptions {
  readonly listener: ListenerName;
  readonly binding: ListenerBinding;
  readonly proxyProtocol: boolean;
  readonly limits: NetLimits;
  readonly halfOpen: HalfOpenTable;
  readonly onAccepted: (accepted: Accepted) => void;
  readonly onRefused: (peer: Peer, code: ErrorCode, detail?: string) => void;
}

/** What every listener does first: accept, learn the peer, count it, and bound the time of all handshakes. */
export class Acceptor {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** Ended from here: what comes of that is no refusal of its own. */
  private readonly ended = new WeakSet<Socket>();

  constructor(private readonly options: AcceptorOptions) {
    const { limits } = options;
    // half-open TCP is allowed, because a client may close its side and still be owed acknowledgements
    this.server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: limits.tcpKeepAliveMs },
      (socket) => this.accept(socket),
    );
  }

  listen(): Promise<ListenerBinding> {
    const { binding, listener, limits } = this.options;
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(Object.assign(error, { listener }));
      this.server.once('error', failed);
      this.server.listen({ host: binding.bindAddress, port: binding.port, backlog: limits.listenBacklog }, () => {
        this.server.off('error', failed);
        // such as EMFILE: the connection is lost, the listener goes on
        this.server.on('error', (error) => this.options.onRefused({ address: '', port: 0 }, 'socket-error', error.message));
        const { address, port } = this.server.address() as AddressInfo;
        resolve({ bindAddress: address, port });
      });
    });
  }

  /** New connections are refused by the kernel from now; those that stand go on. */
  stopAccepting(): void {
    if (this.server.listening) this.server.close();
  }

  /** Ends what is left, at once. */
  async close(): Promise<void> {
    this.stopAccepting();
    await Promise.all([...this.sockets].map((socket) => new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      this.ended.add(socket);
      socket.destroy();
    })));
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    const peer = peerOf(socket);
    const timer = setTimeout(() => this.refuse(socket, peer, 'handshake-timeout'), this.options.limits.connectTimeoutMs);
    socket.on('close', () => clearTimeout(timer));
    if (!this.options.proxyProtocol) return this.admit(socket, peer, timer);
    this.readProxyHeader(socket, (source) => this.admit(socket, source ?? peer, timer));
  }

  private admit(socket: Socket, peer: Peer, timer: NodeJS.Timeout): void {
    const leave = this.options.halfOpen.enter(peer.address);
    if (leave === null) return this.refuse(socket, peer, 'half-open-exceeded');
    socket.on('close', leave);
    this.options.onAccepted({
      socket,
      peer,
      handshakeDone: () => clearTimeout(timer),
      admittedOrClosed: leave,
      refuse: (code, detail, answered) => this.refuse(socket, peer, code, detail, answered),
    });
  }

  private refuse(socket: Socket, peer: Peer, code: ErrorCode, detail?: string, answered = false): void {
    if (this.ended.has(socket)) return;
    this.ended.add(socket);
    this.options.onRefused(peer, code, detail);
    if (!answered) return void socket.destroy();
    const timer = setTimeout(() => socket.destroy(), this.options.limits.flushTimeoutMs);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => clearTimeout(timer));
  }

  private readProxyHeader(socket: Socket, done: (source: Peer | null) => void): void {
    const { limits } = this.options;
    let bytes: Buffer = Buffer.alloc(0);
    const ended = () => socket.destroy();
    const read = (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const header = parseProxyHeader(bytes, limits.proxyHeaderBytes);
      if (header.kind === 'incomplete') return;
      socket.off('data', read);
      socket.off('end', ended);
      if (header.kind === 'malformed') return this.refuse(socket, peerOf(socket), 'proxy-header-malformed', header.detail);
      socket.pause();
      if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      done(header.source);
    };
    socket.on('data', read);
    socket.on('end', ended);
  }
}
