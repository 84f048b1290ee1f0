/** How the broker stands at this moment, for metrics. */
export interface BrokerMeasures {
  /** Connections that have not been admitted. */
  readonly unadmitted: number;
  readonly cleanSessions: number;
  readonly persistentSessions: number;
  /** Messages that wait in memory for connected clients. */
  readonly deliveryQueue: number;
  /** Connections whose socket is not read because too much of theirs waits for the store. */
  readonly heldPublishers: number;
  /** Not answered by the store yet. */
  readonly appendMessages: number;
  readonly appendBytes: number;
  /** Message ID of what was routed last. */
  readonly routed: number;
}
