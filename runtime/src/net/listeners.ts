import type { ListenerBinding, ListenerBindings, ListenerName } from '../../../lib/manifest/manifest';
import { ERRORS, type ErrorCode } from '../errors';
import { EventLog } from '../event-log';
import { EVENTS, type EventLogger, type EventName } from '../events';
import { LIMITS, type NetLimits } from '../limits';
import { Acceptor, type Accepted } from './acceptor';
import type { CertificateSource } from './certificates';
import { Connection } from './connection';
import { flashPolicy, flashProtocol } from './flash-listener';
import { HalfOpenTable } from './half-open';
import { InputBudget } from './input-budget';
import { SocketTransport } from './socket-transport';
import { tcpProtocol, type OpenTransport } from './tcp-listener';
import { tlsProtocol } from './tls-listener';
import type { EventCounts } from '../metrics/event-counts';
import type { Peer } from './transport';
import { webSocketProtocol } from './websocket-listener';

export type MqttBindings = Omit<ListenerBindings, 'http'>;

export interface ListenersOptions {
  /** A listener that is absent is off. Port 0 takes a free one. */
  readonly bindings: MqttBindings;
  /** Every connection starts with a PROXY protocol header: only behind a front, on ports that nobody else reaches. */
  readonly proxyProtocol: boolean;
  /** Needed for the TLS listeners only. */
  readonly certificates: CertificateSource | null;
  readonly logger: EventLogger;
  /** Called in the turn in which the connection stands; from here it is the receiver's. */
  readonly onConnection: (connection: Connection) => void;
  /** Declared payload limit at this moment (L4): bounds WebSocket messages. */
  readonly payloadBytes?: () => number;
  /** Ports that the Flash policy opens, as clients see them; default: those of the TCP and TLS listeners. */
  readonly policyPorts?: () => readonly number[];
  readonly onEvent?: (event: EventName, fields: { readonly [name: string]: unknown }) => void;
  readonly eventCounts?: EventCounts;
  readonly limits?: NetLimits;
  readonly budget?: InputBudget;
}

export interface Listeners {
  readonly addresses: { readonly [K in ListenerName]?: ListenerBinding };
  /** Connections that have not authenticated. */
  readonly halfOpen: () => number;
  stopAccepting(): void;
  /** Stops accepting and ends every connection at once. */
  close(): Promise<void>;
}

/** Rejects with the system's error, which gets `listener` (its name), after the listeners that started are closed again. */
export async function startListeners(options: ListenersOptions): Promise<Listeners> {
  const { bindings, logger } = options;
  const limits = options.limits ?? LIMITS;
  const budget = options.budget ?? new InputBudget(limits);
  const halfOpen = new HalfOpenTable(limits);
  const payloadBytes = options.payloadBytes ?? (() => 0);
  const acceptors: Acceptor[] = [];
  const closers: (() => void)[] = [];
  const addresses: { [K in ListenerName]?: ListenerBinding } = {};

  const events = new EventLog(logger, options.eventCounts);
  const event = (name: EventName, fields: { readonly [name: string]: unknown }): void => {
    events.write(name, fields);
    options.onEvent?.(name, fields);
  };
  const opener = (listener: ListenerName): OpenTransport => (transport, { peer, admittedOrClosed }) => {
    const connection = new Connection(transport, { listener, peer, budget, limits, onAdmittedOrClosed: admittedOrClosed });
    connection.once('refused', ({ code, message }: { code: ErrorCode; message: string }) => {
      event(EVENTS.packetRefused, { listener, address: peer.address, clientId: connection.connect?.clientId, reason: code, detail: message });
    });
    options.onConnection(connection);
  };
  const policyPorts = options.policyPorts ?? (() => [addresses.tcp?.port, addresses.tls?.port].filter((port) => port !== undefined));

  const protocolOf = (listener: ListenerName): ((accepted: Accepted) => void) => {
    const open = opener(listener);
    switch (listener) {
      case 'tcp':
        return tcpProtocol(open);
      case 'tls':
        return secured(listener, (socket, accepted) => {
          accepted.handshakeDone();
          open(new SocketTransport(socket), accepted);
        });
      case 'websocket': {
        const protocol = webSocketProtocol(limits, payloadBytes, open);
        return (accepted) => protocol.accept(accepted.socket, accepted);
      }
      case 'websocketTls': {
        const protocol = webSocketProtocol(limits, payloadBytes, open);
        return secured(listener, (socket, accepted) => protocol.accept(socket, accepted));
      }
      case 'flash':
        return flashProtocol(limits, () => flashPolicy(policyPorts()));
    }
  };
  const secured = (listener: ListenerName, onSecure: Parameters<typeof tlsProtocol>[2]): ((accepted: Accepted) => void) => {
    if (options.certificates === null) throw new Error(`the listener ${listener} needs a certificate`);
    const protocol = tlsProtocol(options.certificates, limits, onSecure);
    closers.push(() => protocol.close());
    return (accepted) => protocol.accept(accepted);
  };
  const close = async (): Promise<void> => {
    await Promise.all(acceptors.map((acceptor) => acceptor.close()));
    for (const closer of closers) closer();
  };

  try {
    for (const listener of ['tcp', 'tls', 'websocket', 'websocketTls', 'flash'] as const) {
      const binding = bindings[listener];
      if (binding === undefined) continue;
      const acceptor = new Acceptor({
        listener, binding, limits, halfOpen,
        proxyProtocol: options.proxyProtocol,
        onAccepted: protocolOf(listener),
        onRefused: (peer: Peer, code, detail) => event(
          EVENTS.connectionRefused, { listener, address: peer.address, reason: code, detail: detail === undefined ? ERRORS[code] : `${ERRORS[code]} (${detail})` },
        ),
      });
      acceptors.push(acceptor);
      addresses[listener] = await acceptor.listen();
      event(EVENTS.listenerStarted, { listener, ...addresses[listener] });
    }
  } catch (error) {
    await close();
    throw error;
  }

  return {
    addresses,
    halfOpen: () => halfOpen.size,
    stopAccepting: () => acceptors.forEach((acceptor) => acceptor.stopAccepting()),
    close,
  };
}
