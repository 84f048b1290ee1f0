/** Gateway containers: one that owns the host ports, or several replicas behind a front that does. */
import { Container } from '@cdktf/provider-docker/lib/container';
import { Construct } from 'constructs';
import { ListenerBindings, ListenerName } from '../../manifest/manifest';
import { internalLabel } from '../../rules/addresses';
import { CONTAINER_PORTS, GatewayDeploymentProps } from '../deployment';
import { calculated } from './calculated';
import { ContainerSpec, PublishedPort, makeContainer } from './container';
import { jsonDocument } from './documents';
import { makeFront } from './front';
import { ASK_READY_FILE, READY_FILE } from './health';
import { configHash } from './labels';
import { hostLabel } from './names';
import type { RegionContext } from './region';
import type { Store } from './store';
import { TerraformData } from './terraform-data';

/** Docker kills a container that has not stopped by then; besides draining, a gateway waits for the front to notice, and for the store. */
const STOP_MARGIN_SECONDS = 20;

export interface GatewayProps extends GatewayDeploymentProps {
  readonly name: string;
  /** Under which it is known where its messages are; the instance's own with direct push. */
  readonly storageId: string;
  readonly userLabels: { [key: string]: string };
  /** Where its documents come from. */
  readonly access: { readonly option: '--store' | '--control'; readonly file: string; readonly content: string };
  readonly otherNetwork?: string;
}

export interface GatewaysProps extends GatewayProps {
  readonly accepted: TerraformData;
  /** The store, when we run it. */
  readonly store?: Store;
}

export interface Gateways {
  /** Expression; the same for all replicas of one deployment. */
  readonly revision: string;
  readonly containers: Container[];
}

export function makeGateways(context: RegionContext, scope: Construct, props: GatewaysProps): Gateways {
  const revision = revisionOf(context, scope, props);
  const ports = publishedPorts(props.listeners);
  const entry = internalLabel(props.instanceId); // internal endpoints are `<alias>.<network>`
  if (props.replicas === 1) {
    const gateway = makeContainer(context, scope, 'Entry', {
      ...gatewaySpec(context, scope, props, { replica: 1, revision, proxyProtocol: false }),
      naming: 'fixed',
      aliases: [entry],
      ports,
      dependsOn: [props.accepted, ...(props.store ? [props.store.container] : [])],
    });
    return { revision, containers: [gateway] };
  }
  const alias = hostLabel(`${props.name}-gateway`);
  const replicas: Container[] = [];
  for (let replica = 1; replica <= props.replicas; replica++) {
    replicas.push(makeContainer(context, scope, `Replica${replica}`, {
      ...gatewaySpec(context, scope, props, { replica, revision, proxyProtocol: true }),
      naming: 'unique',
      aliases: [alias],
      // One after the other: the next is created when this one is ready, and the old ones go in the reverse order.
      // Not on the store: see `Store.container`.
      dependsOn: [props.accepted, ...replicas.slice(-1)],
    }));
  }
  const front = makeFront(context, scope, { ...props, ports, entryAlias: entry, gatewayAlias: alias, dependsOn: replicas });
  return { revision, containers: [...replicas, front] };
}

interface Replica {
  readonly replica: number;
  readonly revision: string;
  readonly proxyProtocol: boolean;
}

/** A gateway's container, but for its name and place in the network. */
type Spec = Omit<ContainerSpec, 'naming' | 'aliases' | 'ports' | 'dependsOn'>;

export function gatewaySpec(context: RegionContext, scope: Construct, props: GatewayProps, { replica, revision, proxyProtocol }: Replica): Spec {
  const { drainSeconds, logLevel, instanceId, storageId, access } = props;
  const workers = workersSetting(props);
  const config = {
    version: 1, instanceId, storageId, replica: String(replica), revision, proxyProtocol, drainSeconds, logLevel, ...workers, listeners: insideListeners(props.listeners),
  };
  return {
    name: proxyProtocol ? `${props.name}-gateway-${replica}-${revision}` : `${props.name}-gateway`,
    otherNetwork: props.otherNetwork,
    image: context.images.gateway().imageId,
    command: ['serve', '--config', '/etc/mqttgw/gateway.json', access.option, access.file, '--ready-file', READY_FILE],
    unprivileged: true,
    files: [
      { path: '/etc/mqttgw/gateway.json', content: jsonDocument(scope, `GatewayConfig${replica}`, () => config, 'plain') },
      { path: access.file, content: access.content },
    ],
    health: { ask: ASK_READY_FILE, startSeconds: 60 },
    waitSeconds: 120,
    stopSeconds: calculated(scope, `StopSeconds${replica}`, drainSeconds, (drain) => drain + STOP_MARGIN_SECONDS, (drain) => `${drain} + ${STOP_MARGIN_SECONDS}`),
    memoryMegabytes: props.memoryMegabytes,
    labels: { role: 'gateway', instance: instanceId, storage: storageId, revision },
    userLabels: props.userLabels,
  };
}

/** From the image and everything that a gateway is started with; computed by Terraform, which alone knows the image's id. */
export function revisionOf(context: RegionContext, scope: Construct, props: GatewayProps): string {
  const { drainSeconds, logLevel, instanceId, storageId, listeners } = props;
  const settings = { drainSeconds, logLevel, ...workersSetting(props), instanceId, storageId, listeners: insideListeners(listeners) };
  // written out, because cdktf resolves a token within an expression to a bare reference, which a quoted text takes for text
  const image = context.images.gateway();
  return `\${substr(sha256("\${${image.terraformResourceType}.${image.friendlyUniqueId}.image_id} ${configHash(scope, settings)}"), 0, 8)}`;
}

/** The default is left out, so that a gateway that does not ask for several stays as it was deployed. */
function workersSetting({ workers }: GatewayProps): { workers?: number } {
  return workers === 1 ? {} : { workers };
}

function listenerNames(listeners: ListenerBindings): (ListenerName | 'http')[] {
  return (Object.keys(CONTAINER_PORTS) as (ListenerName | 'http')[]).filter((name) => listeners[name] !== undefined);
}

function insideListeners(listeners: ListenerBindings): ListenerBindings {
  const entries = listenerNames(listeners).map((name) => [name, { bindAddress: '0.0.0.0', port: CONTAINER_PORTS[name] }]);
  return Object.fromEntries(entries) as ListenerBindings;
}

export function publishedPorts(listeners: ListenerBindings): PublishedPort[] {
  return listenerNames(listeners).map((name) => {
    const { bindAddress, port } = listeners[name]!;
    return { internal: CONTAINER_PORTS[name], external: port, ip: bindAddress };
  });
}
