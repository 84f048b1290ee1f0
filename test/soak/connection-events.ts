/** What a device tells of its connections to those who judge them. */
export interface ConnectionListener {
  /** CONNACK has come. */
  connected?(): void;
  /** SUBSCRIBE is about to be sent. */
  subscribing?(): void;
  subscribed?(): void;
  /** Also one that never got a CONNACK. */
  ended?(end: ConnectionEnd): void;
}

/** How a connection ended for the client, and what it knows of the gateway's part in it. */
export interface ConnectionEnd {
  /** Index of the gateway among the ports. */
  readonly gateway: number;
  /** DISCONNECT was sent; resolves when the gateway has closed the connection in answer, false when it did not. Null: none was sent. */
  readonly goodbye: Promise<boolean> | null;
}

/** A message as it came. */
export interface Delivery {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  /** The flag RETAIN: it was kept, and came because of a SUBSCRIBE. */
  readonly retain: boolean;
  /** Number of the connection of this client. */
  readonly connection: number;
}
