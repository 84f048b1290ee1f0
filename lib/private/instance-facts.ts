/** Fills in the defaults of an MqttInstance. */
import type { Construct } from 'constructs';
import type { ListenerOptions } from '../endpoints';
import type { ListenerBinding, ListenerBindings, ListenerName, Spec } from '../manifest/manifest';
import type { MqttInstanceProps } from '../mqtt-instance-props';
import { DEFAULT_PORTS } from '../rules/addresses';
import { DEFAULT_ALARM_PERCENT, DEFAULT_SPEC, PROTOCOLS, REPLICAS } from '../rules/editions';
import { DEFAULT_LIMITS } from '../rules/limits';
import { AdmissionMode, Billing, InstanceEdition, LogLevel, NamespaceType } from '../values';
import { InstanceFacts, WebhookFacts, factsOf } from './facts';
import { literal, oneOf, sameStack, unresolved } from './support';

export function makeInstanceFacts(construct: Construct, props: MqttInstanceProps, instanceId: string): InstanceFacts {
  const edition = literal(oneOf(construct, 'edition', props.edition ?? InstanceEdition.BASIC, Object.values(InstanceEdition)));
  const spec = { ...DEFAULT_SPEC, ...defined(props.spec) };
  return {
    kind: 'instance',
    construct,
    imported: false,
    instanceId,
    name: props.instanceName ?? instanceId,
    remark: props.remark ?? '',
    edition,
    billing: literal(props.billing ?? Billing.POSTPAID),
    namespace: literal(props.namespaceType ?? NamespaceType.INDEPENDENT),
    region: factsOf('region', props.region),
    regionId: props.region.regionId,
    protocols: props.protocols ?? [...PROTOCOLS],
    spec,
    alarmThresholdPercent: {
      tps: props.alarmThresholds?.tpsPercent ?? DEFAULT_ALARM_PERCENT,
      connections: props.alarmThresholds?.connectionsPercent ?? DEFAULT_ALARM_PERCENT,
      subscriptions: props.alarmThresholds?.subscriptionsPercent ?? DEFAULT_ALARM_PERCENT,
    },
    expiry: props.expiry ?? null,
    replicas: props.replicas ?? REPLICAS[edition].default,
    admission: { mode: literal(props.admission ?? AdmissionMode.STRICT), anonymous: props.allowAnonymous ?? false },
    publishAnonymousBeyondLoopback: props.publishAnonymousBeyondLoopback ?? false,
    limits: { ...DEFAULT_LIMITS, ...defined(props.limits) },
    features: {
      retained: props.retainedMessages ?? true, wills: props.wills ?? true, sharedSubscriptions: props.sharedSubscriptions ?? true,
    },
    listeners: listenersOf(props),
    tls: props.tlsCertificate !== undefined || props.tlsPrivateKey !== undefined
      ? { certificate: props.tlsCertificate, privateKey: props.tlsPrivateKey } : undefined,
    trustedProxies: props.http?.trustedProxies ?? [],
    webhook: webhookOf(construct, props),
    consoleEnabled: props.console?.enabled ?? true,
    metrics: { enabled: props.metrics?.enabled ?? true, token: props.metrics?.token },
    directPush: props.directPush ?? false,
    memoryMegabytes: props.memoryMegabytes ?? memoryFor(spec, props.workers ?? 1),
    workers: props.workers ?? 1,
    drainSeconds: props.drainSeconds ?? 10,
    logLevel: literal(props.logLevel ?? LogLevel.INFO),
    labels: props.labels ?? {},
    outputs: props.outputs ?? true,
    groups: [],
    accounts: [],
    keys: [],
    consoleUsers: [],
    bindings: [],
    topics: [],
  };
}

function webhookOf(construct: Construct, { webhook, region }: MqttInstanceProps): WebhookFacts | undefined {
  if (webhook === undefined) return undefined;
  const { url, secret, caCertificate } = webhook;
  const regionFacts = factsOf('region', region);
  const ours = regionFacts !== undefined && sameStack(regionFacts.construct, construct);
  return { url, caCertificate, givenSecret: secret, secret: secret ?? (ours ? regionFacts.deployment?.generateSecret(construct, 'WebhookSecret') : undefined) };
}

/** `{ tps: undefined }` must not hide a default. */
function defined<T extends object>(values: T | undefined): Partial<Required<T>> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<Required<T>>;
}

function listenersOf(props: MqttInstanceProps): ListenerBindings {
  const bindAddress = props.bindAddress ?? '0.0.0.0';
  const options: { [K in ListenerName]: ListenerOptions } = {
    tcp: props.tcp ?? {}, tls: props.tls ?? {}, websocket: props.websocket ?? {}, websocketTls: props.websocketTls ?? {}, flash: props.flashPolicy ?? {},
  };
  const listeners: { [K in ListenerName]?: ListenerBinding } = {};
  for (const name of Object.keys(options) as ListenerName[]) {
    const { enabled, port, bindAddress: own } = options[name];
    if (enabled ?? true) listeners[name] = { bindAddress: own ?? bindAddress, port: port ?? DEFAULT_PORTS[name] };
  }
  // the control API is for operators: beyond loopback only when that is asked for by name
  return { ...listeners, http: { bindAddress: props.http?.bindAddress ?? '127.0.0.1', port: props.http?.port ?? DEFAULT_PORTS.http } };
}

/** What a process takes before it has a connection. */
const PROCESS_MEGABYTES = 96;
/** One a core, and only the host knows how many those are. */
const WORKERS_ASSUMED = 4;

/** About 25 KiB a connection with its session, on top of what the processes themselves take. */
function memoryFor({ connections }: Spec, workers: number): number {
  const processes = unresolved(workers) || !Number.isInteger(workers) || workers < 1 ? WORKERS_ASSUMED : workers;
  // several workers have a primary beside them
  const more = processes === 1 ? 0 : processes * PROCESS_MEGABYTES;
  if (unresolved(connections) || !Number.isFinite(connections)) return 512 + more;
  return 256 + Math.max(1, Math.ceil(connections / 40)) + more;
}
