import type { HttpListenerOptions, ListenerOptions } from './endpoints';
import type { IRegion } from './region';
import type { AdmissionMode, Billing, InstanceEdition, LogLevel, NamespaceType } from './values';
import type { WebhookOptions } from './webhook';

/** Specification of an MQTT instance: a ceiling when prepaid, the base of alarms when postpaid (E2). */
export interface MqttInstanceSpec {
  /**
   * Messages a second, in and out, weighted by QoS and session (E4).
   * @default 1000
   */
  readonly tps?: number;
  /**
   * Connections at a time.
   * @default 10000
   */
  readonly connections?: number;
  /**
   * Subscriptions at a time: client and filter.
   * @default 100000
   */
  readonly subscriptions?: number;
}

/** Alarm thresholds in percent of the specification, 1 to 100 (E3). */
export interface AlarmThresholds {
  /**
   * Of the TPS.
   * @default 70
   */
  readonly tpsPercent?: number;
  /**
   * Of the connections.
   * @default 70
   */
  readonly connectionsPercent?: number;
  /**
   * Of the subscriptions.
   * @default 70
   */
  readonly subscriptionsPercent?: number;
}

/** Limits of an MQTT instance (L4) and of what its storage keeps (T5). */
export interface MqttInstanceLimits {
  /**
   * Parent topics of the instance.
   * @default 25
   */
  readonly parentTopics?: number;
  /**
   * Wildcard filters of a parent topic.
   * @default 100
   */
  readonly wildcardFiltersPerTopic?: number;
  /**
   * Subscriptions of a client.
   * @default 30
   */
  readonly subscriptionsPerClient?: number;
  /**
   * Bytes of a payload.
   * @default 65536
   */
  readonly payloadBytes?: number;
  /**
   * Characters of a Client ID.
   * @default 64
   */
  readonly clientIdLength?: number;
  /**
   * Characters of a whole topic; of P2P topics the parts are limited instead.
   * @default 128
   */
  readonly topicLength?: number;
  /**
   * Seconds for which messages and sessions of offline clients are kept.
   * @default 259200
   */
  readonly retentionSeconds?: number;
  /**
   * Messages stored at a time; the oldest go first.
   * @default 1000000
   */
  readonly storedMessages?: number;
}

/** The console: pages for a browser, on the HTTP port. Who may log in is declared with `addConsoleUser`. */
export interface ConsoleOptions {
  /**
   * Whether there is one.
   * @default true
   */
  readonly enabled?: boolean;
}

/** `GET /metrics` for Prometheus, on the HTTP port. */
export interface MetricsOptions {
  /**
   * Whether it answers.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Bearer token that Prometheus has to bring: letters, digits and `-._~+/`, 12 at least unless every port is bound to
   * loopback. Needed where `http` is published beyond loopback (A6). Give a sensitive Terraform variable rather than plain text.
   * @default - none is asked for
   */
  readonly token?: string;
}

/** Properties of an MqttInstance. */
export interface MqttInstanceProps {
  /** Region it is made in; never changes (L3). */
  readonly region: IRegion;
  /**
   * Id: plain text at synth, 3 to 64 of letters, digits, `-` and `_`, unique in the program. Stands in usernames, endpoints
   * and records and never changes (I1).
   * @default - the construct id
   */
  readonly instanceId?: string;
  /**
   * Name, 3 to 64 of letters, digits, `-` and `_`, unique in its region ignoring case (N1).
   * @default - the instance id
   */
  readonly instanceName?: string;
  /**
   * Remark, at most 128 characters (N4).
   * @default ""
   */
  readonly remark?: string;
  /**
   * Basic is one gateway, platinum several behind one front (E1).
   * @default InstanceEdition.BASIC
   */
  readonly edition?: InstanceEdition;
  /**
   * Prepaid throttles above the specification, postpaid raises an alarm (E2).
   * @default Billing.POSTPAID
   */
  readonly billing?: Billing;
  /**
   * Specification.
   * @default - 1000 TPS, 10000 connections, 100000 subscriptions
   */
  readonly spec?: MqttInstanceSpec;
  /**
   * When alarms are raised.
   * @default - at 70 percent of each number of the specification
   */
  readonly alarmThresholds?: AlarmThresholds;
  /**
   * Who is told when the instance becomes runnable, and of every alarm and its end (E1).
   * @default - nobody
   */
  readonly webhook?: WebhookOptions;
  /**
   * When a prepaid instance expires: date and time as RFC 3339 writes it. Afterwards CONNECT is refused, data is kept (E7).
   * @default - never
   */
  readonly expiry?: string;
  /**
   * Whether names of topics and groups stand alone. Both sides of a binding have the same (B3).
   * @default NamespaceType.INDEPENDENT
   */
  readonly namespaceType?: NamespaceType;
  /**
   * Gateways: 1 when basic, 2 to 32 when platinum (E1).
   * @default - 1 when basic, 3 when platinum
   */
  readonly replicas?: number;
  /**
   * Protocols; `mqtt` alone today (E1).
   * @default ["mqtt"]
   */
  readonly protocols?: string[];
  /**
   * Limits.
   * @default - those of `MqttInstanceLimits`
   */
  readonly limits?: MqttInstanceLimits;
  /**
   * Whether retained messages are kept (T6).
   * @default true
   */
  readonly retainedMessages?: boolean;
  /**
   * Whether wills are sent (T6).
   * @default true
   */
  readonly wills?: boolean;
  /**
   * Whether shared subscriptions exist (T6).
   * @default true
   */
  readonly sharedSubscriptions?: boolean;
  /**
   * Who may connect.
   * @default AdmissionMode.STRICT
   */
  readonly admission?: AdmissionMode;
  /**
   * Whether clients may connect without username and password; only with admission `OPEN`, and only on loopback, its
   * address written as text, unless `publishAnonymousBeyondLoopback` says otherwise.
   * @default false
   */
  readonly allowAnonymous?: boolean;
  /**
   * Publishes an instance with anonymous clients beyond loopback: everybody who reaches the host may connect.
   * @default false
   */
  readonly publishAnonymousBeyondLoopback?: boolean;
  /**
   * IP address of the Docker host on which the MQTT listeners are published, unless one says another.
   * @default "0.0.0.0"
   */
  readonly bindAddress?: string;
  /**
   * MQTT over TCP.
   * @default - port 1883
   */
  readonly tcp?: ListenerOptions;
  /**
   * MQTT over TLS.
   * @default - port 8883
   */
  readonly tls?: ListenerOptions;
  /**
   * MQTT over WebSocket, path `/mqtt`.
   * @default - port 80
   */
  readonly websocket?: ListenerOptions;
  /**
   * MQTT over WebSocket with TLS, path `/mqtt`.
   * @default - port 443
   */
  readonly websocketTls?: ListenerOptions;
  /**
   * Flash socket policy.
   * @default - port 843
   */
  readonly flashPolicy?: ListenerOptions;
  /**
   * Health, metrics, control API and console. Not published beyond loopback unless an address is given.
   * @default - port 18080 on 127.0.0.1
   */
  readonly http?: HttpListenerOptions;
  /**
   * Console.
   * @default - on, at `/console/` of the HTTP port
   */
  readonly console?: ConsoleOptions;
  /**
   * Metrics for Prometheus.
   * @default - on, without a token
   */
  readonly metrics?: MetricsOptions;
  /**
   * Certificate chain of the TLS listeners, PEM. Goes together with `tlsPrivateKey`.
   * @default - a development certificate is made at first start and kept
   */
  readonly tlsCertificate?: string;
  /**
   * Private key of the certificate, PEM. Sensitive: give a sensitive Terraform variable rather than plain text.
   * @default - a development certificate is made at first start and kept
   */
  readonly tlsPrivateKey?: string;
  /**
   * Direct push: nothing is stored and there is nothing to bind (B6). Topics are declared on the instance, which has one
   * gateway of one worker. What it acknowledges was given to the clients that are connected, and to nobody else.
   * @default false
   */
  readonly directPush?: boolean;
  /**
   * Memory of a gateway, in MiB.
   * @default - from the specification: 256 and 1 for every 40 connections, and 96 for every worker when there are several (4 are assumed for 0)
   */
  readonly memoryMegabytes?: number;
  /**
   * Worker processes of each gateway: they share its ports, a core each. 0 takes as many as its container has cores.
   * @default 1
   */
  readonly workers?: number;
  /**
   * Seconds for which a gateway that stops waits for acknowledgements in flight.
   * @default 10
   */
  readonly drainSeconds?: number;
  /**
   * How much the gateways log.
   * @default LogLevel.INFO
   */
  readonly logLevel?: LogLevel;
  /**
   * Whether endpoints become Terraform outputs, named `mqtt_<instanceId>_…`.
   * @default true
   */
  readonly outputs?: boolean;
  /**
   * Docker labels.
   * @default - those of the region
   */
  readonly labels?: { [key: string]: string };
}
