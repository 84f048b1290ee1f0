import type { ErrorCode } from '../errors';

/** What a transport tells its connection. Called in this order: data …, `ended` (FIN) or `failed`, `closed` once at the end. */
export interface TransportSink {
  received(chunk: Buffer): void;
  /** The peer sends no more; it may still read. */
  ended(): void;
  failed(error: Error): void;
  /** What arrived breaks the rules of the transport itself. */
  refuse(code: ErrorCode, detail?: string): void;
  /** A write that answered false has left. */
  drained(): void;
  closed(): void;
}

/** The few things that a connection needs of a socket, so that TCP, TLS and WebSocket look alike. */
export interface Transport {
  attach(sink: TransportSink): void;
  /** The chunks leave in order, in one system call where that is possible. False: wait for `drained`. */
  write(chunks: readonly Buffer[], bytes: number): boolean;
  /** Bytes that were written and have not left. */
  readonly pendingBytes: number;
  pause(): void;
  resume(): void;
  /** Sends what was written, then says goodbye. */
  end(): void;
  /** At once; what was not sent is lost. */
  destroy(): void;
}

/** Who is at the other end: the client itself, also behind a front that speaks the PROXY protocol. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}
