/** An endpoint of an MQTT instance. Known once the binding stands. */
export interface MqttEndpoint {
  /** `host:port`. */
  readonly address: string;
  /** URL as MQTT clients take it, such as `mqtt://localhost:1883` or `wss://localhost:443/mqtt`. */
  readonly url: string;
}

/** The endpoints of an MQTT instance; a listener that is switched off has none. */
export interface MqttEndpoints {
  /**
   * MQTT over TCP.
   * @default - switched off
   */
  readonly tcp?: MqttEndpoint;
  /**
   * MQTT over TLS.
   * @default - switched off
   */
  readonly tls?: MqttEndpoint;
  /**
   * MQTT over WebSocket.
   * @default - switched off
   */
  readonly websocket?: MqttEndpoint;
  /**
   * MQTT over WebSocket with TLS.
   * @default - switched off
   */
  readonly websocketTls?: MqttEndpoint;
  /**
   * Flash socket policy.
   * @default - switched off
   */
  readonly flashPolicy?: MqttEndpoint;
}

/** Where a listener is published on the Docker host. */
export interface ListenerOptions {
  /**
   * Whether the listener exists.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Port on the Docker host, 1 to 65535.
   * @default - 1883 TCP, 8883 TLS, 80 WebSocket, 443 WebSocket TLS, 843 Flash policy
   */
  readonly port?: number;
  /**
   * IP address of the Docker host on which the port is published.
   * @default - `bindAddress` of the instance
   */
  readonly bindAddress?: string;
}

/** Where health, metrics, control API and console are published on the Docker host. */
export interface HttpListenerOptions {
  /**
   * Port on the Docker host, 1 to 65535.
   * @default 18080
   */
  readonly port?: number;
  /**
   * IP address of the Docker host on which the port is published.
   * @default "127.0.0.1"
   */
  readonly bindAddress?: string;
  /**
   * IP addresses of your own proxies before this port, or ranges of them such as `10.1.0.0/16`: what they say in `X-Forwarded-For`
   * is believed, so that log-ins are limited and told by the address of the client. The front of a platinum instance needs none.
   * @default - nobody is believed: a client is who connects
   */
  readonly trustedProxies?: string[];
}
