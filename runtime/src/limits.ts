const KiB = 1024;
const MiB = 1024 * KiB;

/** Every fixed bound of the gateway, once. What a declaration can change (L4) is in the manifest's `limits`. */
export const LIMITS = {
  // Before authentication: anybody can cost us this much.
  /** From accept to a finished PROXY, TLS and WebSocket handshake, and from there to CONNECT. Peers use 10–15 s. */
  connectTimeoutMs: 10_000,
  /** Largest CONNECT, and bytes kept of what a client pipelines behind it. A CONNECT with a 60 KiB will still fits. */
  connectBytes: 64 * KiB,
  /** Connections of one address that have not authenticated; a fleet behind one NAT that reconnects at once must fit. */
  halfOpenPerAddress: 4_096,
  /** All of them together. */
  halfOpenTotal: 16_384,
  /** Bytes that all unauthenticated connections hold together; beyond, the one that asks for more is closed. */
  halfOpenBufferedBytes: 64 * MiB,
  /** Pending connections of the kernel; Node's 511 overflows when a fleet reconnects. Linux clamps to somaxconn. */
  listenBacklog: 4_096,

  // Input of authenticated clients.
  /** Longest string that MQTT can carry; a PUBLISH is at most this plus the declared payload limit. */
  stringBytes: 65_535,
  /** Levels of a topic or filter; aedes and qlobber cannot take more than 100. */
  topicLevels: 100,
  /** Packets and bytes that aedes gets at once; it handles them side by side and comes back when all are done. */
  framesPerRead: 256,
  bytesPerRead: 256 * KiB,
  /** Whole packets that wait for aedes, per client: beyond, its socket is not read. */
  pendingBytesPerClient: 256 * KiB,
  /** The same over the gateway: beyond, a client that has packets waiting is not read until they are gone. */
  pendingBytesPerGateway: 256 * MiB,

  // Output.
  /** `write` says "enough" above this; about what a socket's kernel buffer takes. */
  outputHighWaterBytes: 64 * KiB,
  /** A client with this much unsent is not read either: what it asks for only makes it longer. Well above a full
   *  in-flight window of 64 KiB payloads, so a client that writes before it reads cannot lock up. */
  outputStopsInputBytes: 4 * MiB,
  /** Beyond, the client is closed. Takes one message of the largest payload that can be declared (16 MiB) and as much again. */
  outputBytesPerClient: 32 * MiB,
  /** Chunks of one turn are copied into one buffer up to this size; above, writev without a copy is cheaper. */
  coalesceBytes: 16 * KiB,
  /** Many chunks that are this small on average are copied in any case: each would cost more than its copy. */
  coalesceChunkBytes: 1 * KiB,
  /** Time for the last bytes (such as a refusing CONNACK) to leave before the socket is destroyed. */
  flushTimeoutMs: 2_000,
  /** Input read and thrown away meanwhile: unread input makes the kernel send RST, which would eat those bytes. */
  lingerBytes: 1 * MiB,

  // Sessions.
  /** Unacknowledged QoS 1 and 2 messages to one client, at first and while it is slow; peers use 20–32. */
  inflightWindow: 32,
  /** The same to one that acknowledges fast. */
  inflightWindowMost: 128,
  /** Inbound QoS 2 messages of one client that await PUBREL. */
  inboundQos2: 1_000,
  /** Messages that wait in memory for one slow client; a persistent session then reads on from its index. */
  sessionQueueMessages: 5_000,
  /** Payload bytes of the same. */
  sessionQueueBytes: 8 * MiB,
  /** A client whose socket takes nothing for this long is closed. */
  drainTimeoutMs: 60_000,
  /** How often moved cursors are saved: a crash of the gateway delivers at most this much again. */
  progressIntervalMs: 1_000,
  /** Messages of one append: about what a store does in two milliseconds. */
  batchMessages: 512,
  /** Payload bytes of one append. */
  batchBytes: 1 * MiB,
  /** How long publishers wait for a store that is away before they are closed without an answer (B5). */
  storeHoldMs: 30_000,
  /** How often the gateway that holds the lease looks for sessions of gateways that died. */
  reapIntervalMs: 3_000,
  /**
   * Nobody is taken for dead for so long after the store was away, or this gateway asleep: the others may have been cut off
   * just as well, and renew their leases first. Several heartbeats.
   */
  reapGraceMs: 8_000,
  /** Pause between two attempts to reach it. */
  storeRetryMs: 200,
  /** Unanswered PUBLISH packets of one client above which its socket is not read. */
  pendingPublishes: 1_000,
  /** Payload bytes of the same. */
  pendingPublishBytes: 1 * MiB,
  /** Payload bytes of all clients that wait for the store; above, whoever publishes is not read until its own are stored. */
  pendingAppendBytes: 64 * MiB,
  /** How long CONNECT waits for the Client ID's earlier connection on this gateway to end. */
  takeOverMs: 10_000,
  /** How often tokens of connected clients are looked at: they end at most this much late. */
  tokenLookMs: 1_000,
  /** How long before its token expires a client is told (A2). */
  tokenNoticeMs: 300_000,
  /** Retained messages that a SUBSCRIBE brings for one filter. */
  retainedPerFilter: 10_000,
  /** Retained messages that wait in memory for one client; more are read when its socket has taken them. */
  retainedPageMessages: 500,
  /** Payload bytes of the same, and one message. */
  retainedPageBytes: 128 * KiB,
  /** Subscriptions of one client under open admission, where L4's 30 would stop test suites. */
  openSubscriptionsPerClient: 1_000,

  // WebSocket.
  websocketPath: '/mqtt',
  /** Smallest bound of one WebSocket message, and what is added to the payload limit when that is larger. */
  websocketMessageBytes: 128 * KiB,
  websocketHeaderBytes: 8 * KiB,
  websocketHeaders: 64,
  websocketFragments: 1_024,

  // PROXY protocol: 16 bytes, addresses, and the TLVs that HAProxy may add.
  proxyHeaderBytes: 1_024,

  // Flash policy port.
  policyRequestBytes: 64,
  policyTimeoutMs: 3_000,

  /** TCP keep-alive probes start after this much silence: finds dead peers whose MQTT keep-alive is 0. */
  tcpKeepAliveMs: 60_000,
  /** Days that a development certificate is valid. */
  developmentCertificateDays: 3_650,
} as const;

export type NetLimits = { readonly [K in keyof typeof LIMITS]: (typeof LIMITS)[K] extends number ? number : string };
