/** Turns a declared instance into what its containers would get, for this machine: loopback only. */
import type {
  Endpoints, InstanceManifest, InstanceRecord, InstanceSecrets, ListenerBinding, ListenerBindings, ListenerName, StorageManifest,
} from '../../../lib/manifest/manifest';
import { isLoopback, LISTENER_NAMES, URL_PARTS } from '../../../lib/rules/addresses';
import { MANIFEST_VERSION } from '../../../lib/manifest/manifest';
import { EXIT, UserError } from '../user-error';
import { GATEWAY_CONFIG_VERSION, type GatewayConfig } from '../config/gateway-config';
import type { Incoming } from '../hand-over/decide';
import type { KeptSecrets } from './data-folder';

export type PortName = ListenerName | 'http';
export const PORT_NAMES: readonly PortName[] = [...LISTENER_NAMES, 'http'];

export interface LocalChoices {
  readonly open: boolean;
  readonly portOffset: number;
  /** Ports by listener, over the declared ones. */
  readonly ports: { readonly [K in PortName]?: number };
  readonly logLevel: GatewayConfig['logLevel'];
}

export interface Prepared {
  readonly incoming: Incoming & { readonly instance: InstanceManifest; readonly secrets: InstanceSecrets };
  readonly config: GatewayConfig;
}

/** Connections finish what is in flight; a person who pressed Ctrl-C does not wait longer. */
const DRAIN_SECONDS = 5;

export function prepare(record: InstanceRecord, storage: StorageManifest | null, kept: KeptSecrets, choices: LocalChoices): Prepared {
  const listeners = localListeners(record.listeners, choices);
  const endpoints = endpointsOf(listeners);
  const instance: InstanceManifest = {
    ...record.manifest,
    loopbackOnly: true,
    admission: choices.open ? { mode: 'open', anonymous: true } : record.manifest.admission,
    publicEndpoints: endpoints,
    internalEndpoints: endpoints,
    ...(record.manifest.metrics && { metrics: { ...record.manifest.metrics, beyondLoopback: false } }),
  };
  const secrets: InstanceSecrets = {
    version: MANIFEST_VERSION, kind: 'secrets', accessKeys: kept.accessKeySecrets, consoleUsers: kept.consoleUserPasswords, metricsToken: record.metricsToken ?? null, tls: record.tls,
    ...(kept.webhookSecret !== undefined && { webhookSecret: kept.webhookSecret }),
  };
  return {
    incoming: { storage, instance, secrets },
    config: {
      version: GATEWAY_CONFIG_VERSION, instanceId: instance.instanceId, storageId: storage?.storageId ?? instance.instanceId, replica: '1', revision: 'embedded',
      proxyProtocol: false, drainSeconds: DRAIN_SECONDS, logLevel: choices.logLevel, listeners,
    },
  };
}

function localListeners(declared: ListenerBindings, { portOffset, ports }: LocalChoices): ListenerBindings {
  const entries = PORT_NAMES.flatMap((name): [PortName, ListenerBinding][] => {
    const binding = declared[name];
    if (!binding) return [];
    const port = ports[name] ?? (binding.port === 0 ? 0 : binding.port + portOffset);
    if (port > 65_535) throw new UserError(`port ${port} of listener ${name} is too high; choose a smaller --port-offset, or a port with --port ${name}=…`, EXIT.usage);
    return [[name, { bindAddress: isLoopback(binding.bindAddress) ? binding.bindAddress : '127.0.0.1', port }]];
  });
  return Object.fromEntries(entries) as unknown as ListenerBindings;
}

export function endpointsOf(listeners: ListenerBindings): Endpoints {
  return Object.fromEntries(LISTENER_NAMES.flatMap((name) => {
    const binding = listeners[name];
    if (!binding) return [];
    const address = `localhost:${binding.port}`;
    return [[name, { address, url: `${URL_PARTS[name].scheme}://${address}${URL_PARTS[name].path}` }]];
  })) as Endpoints;
}
