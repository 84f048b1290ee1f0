/**
 * An MQTT instance with direct push (B6): one gateway without a store. Its hand-over speaks to the gateway's control port,
 * and the gateway keeps what it was given in a volume of its own.
 */
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Construct } from 'constructs';
import { ControlAccess, MANIFEST_VERSION } from '../../manifest/manifest';
import { internalLabel } from '../../rules/addresses';
import { CONTAINER_PORTS, GatewayDeploymentProps, InstanceDeployment } from '../deployment';
import { makeContainer } from './container';
import { jsonDocument } from './documents';
import { GatewayProps, gatewaySpec, publishedPorts, revisionOf } from './gateways';
import { makeHandOver } from './hand-over';
import { secretsOf, standing } from './instance';
import { labelList } from './labels';
import { addressById, addressed } from './logical-ids';
import { claimName, hostLabel, prefixed } from './names';
import type { RegionContext } from './region';
import { makeSecret } from './secret';

const CONTROL_FILE = '/etc/mqttgw/control.json';
/** Belongs to the image's user. */
const DATA_FOLDER = '/var/lib/mqttgw';

export function addDirectPush(context: RegionContext, scope: Construct, props: GatewayDeploymentProps): InstanceDeployment {
  const { instanceId } = props;
  addressById(scope, 'instance', instanceId);
  const name = prefixed(context.prefix, instanceId);
  const userLabels = { ...context.labels, ...props.labels };
  const host = hostLabel(`${name}-control`);
  const access: ControlAccess = {
    version: MANIFEST_VERSION, kind: 'control', url: `http://${host}:${CONTAINER_PORTS.http}`,
    token: makeSecret(scope, 'ControlToken'), sealingKey: makeSecret(scope, 'SealingKey'),
  };
  const controlAccess = jsonDocument(scope, 'ControlAccess', () => access, 'sensitive');
  const gateway: GatewayProps = { ...props, name, storageId: instanceId, userLabels, access: { option: '--control', file: CONTROL_FILE, content: controlAccess } };
  const revision = revisionOf(context, scope, gateway);
  const container = makeContainer(context, scope, 'Entry', {
    ...gatewaySpec(context, scope, gateway, { replica: 1, revision, proxyProtocol: false }),
    labels: { role: 'gateway', instance: instanceId, revision },
    naming: 'fixed',
    aliases: [internalLabel(instanceId), host],
    ports: publishedPorts(props.listeners),
    volume: { name: dataVolume(context, scope, name, props), path: DATA_FOLDER },
    // it is healthy when it has documents, which come after it
    waitSeconds: 0,
  });
  const accepted = makeHandOver(context, scope, {
    name: `${name}-hand-over`,
    documents: {
      'instance.json': jsonDocument(scope, 'InstanceManifest', () => props.manifest(), 'plain'),
      'secrets.json': jsonDocument(scope, 'InstanceSecrets', () => secretsOf(props), 'sensitive'),
      'control.json': controlAccess,
    },
    labels: { instance: instanceId },
    userLabels,
    dependsOn: [],
    into: container,
  });
  return standing(scope, props, accepted, { revision, containers: [container] });
}

/** Nothing in it that the program does not declare, but for the development certificate: it goes with the instance. */
function dataVolume(context: RegionContext, scope: Construct, name: string, { instanceId, labels }: GatewayDeploymentProps): string {
  const volume = addressed(new Volume(scope, 'Data', {
    provider: context.provider,
    name: claimName(scope, context.hostUrl, `${name}-gateway-data`),
    labels: labelList({ stack: context.stackName, region: context.regionId, role: 'data', instance: instanceId }, { ...context.labels, ...labels }),
    lifecycle: { ignoreChanges: ['labels'] },
  }));
  return volume.name;
}
