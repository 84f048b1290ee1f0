/**
 * Names of what happens in a gateway: the event's name is its log name and its metric label, so a name never changes.
 * A refusal's `ErrorCode` goes beside it as `reason`.
 */
export const EVENTS = {
  listenerStarted: 'listener-started',
  listenerStopped: 'listener-stopped',
  /** A connection was cut before it was an MQTT client: address cap, PROXY header, handshake. */
  connectionRefused: 'connection-refused',
  /** A packet broke a bound or the protocol; the connection was closed. */
  packetRefused: 'packet-refused',
  connectRefused: 'connect-refused',
  publishRefused: 'publish-refused',
  /** The client may not publish its will; it is connected without one. */
  willRefused: 'will-refused',
  subscribeRefused: 'subscribe-refused',
  /** A QoS 0 message that was taken in could not be stored. */
  publishLost: 'publish-lost',
  /** A QoS 0 message was not sent to a client that reads too slowly. */
  messageDropped: 'message-dropped',
  /** Retention removed messages before the session that they waited for came back: its cursor jumps over them. */
  messagesExpired: 'messages-expired',
  /** A client without a stored session was closed because it reads too slowly. */
  clientSlow: 'client-slow',
  /** Delivery to a session failed for a reason that is a fault of ours. */
  sessionFailed: 'session-failed',
  clientConnected: 'client-connected',
  clientDisconnected: 'client-disconnected',
  clientTakenOver: 'client-taken-over',
  /** In the trace of a device only; the log would be full of them. */
  clientSubscribed: 'client-subscribed',
  clientUnsubscribed: 'client-unsubscribed',
  /** Its group, key or account was removed or changed (I5). */
  clientRevoked: 'client-revoked',
  /** A client replaced one of its tokens (A2). */
  tokenReplaced: 'token-replaced',
  /** A token ended, or does not allow what the client did; the connection was closed (A2). */
  tokenInvalid: 'token-invalid',
  /** Its credential was refreshed or unregistered (A3). */
  deviceRevoked: 'device-revoked',
  /** Closed through the control API. */
  clientKicked: 'client-kicked',
  certificateMade: 'certificate-made',
  certificateLoaded: 'certificate-loaded',
  /** A new certificate could not be used; the old one stays. */
  certificateRejected: 'certificate-rejected',
  certificateExpired: 'certificate-expired',
  viewChanged: 'view-changed',
  /** An entry of an inbox cannot be a message (S1). */
  inboxRefused: 'inbox-refused',
  /** A session of a gateway that died was ended. */
  sessionReaped: 'session-reaped',
  storeAway: 'store-away',
  storeBack: 'store-back',
  /** The store refused a message for want of space. */
  storeFull: 'store-full',
  gatewayDraining: 'gateway-draining',
  workerStarted: 'worker-started',
  /** A worker process ended by itself; another one takes its place. */
  workerDied: 'worker-died',
  /** A worker process gave no sign of life for long and was killed. */
  workerHung: 'worker-hung',
  /** Above the TPS ceiling: messages wait for their turn (E5). */
  throttleStarted: 'throttle-started',
  throttleEnded: 'throttle-ended',
  /** Something of the instance needs a person: a threshold, an end that is near, a store or gateway that is not there (E3, E7, T5, B5). */
  alarmRaised: 'alarm-raised',
  alarmCleared: 'alarm-cleared',
  /** Every gateway of a deployment is ready (E1). */
  instanceRunnable: 'instance-runnable',
  /** The webhook took it. */
  notificationDelivered: 'notification-delivered',
  /** The webhook did not take it; it is tried again. */
  notificationFailed: 'notification-failed',
  /** The cap on stored messages removed the oldest ones (T5). */
  storedMessagesTrimmed: 'stored-messages-trimmed',
  /** The control API changed something, or sent a message. */
  apiChanged: 'api-changed',
  apiRefused: 'api-refused',
  consoleLogin: 'console-login',
  consoleLoginRefused: 'console-login-refused',
} as const;

export type EventName = (typeof EVENTS)[keyof typeof EVENTS];

/** The part of a pino logger that the gateway's parts use. */
export interface EventLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
