/** An MQTT instance with its binding: hand-over, gateway container(s), plan-time guards, and what stands once it is bound. */
import { Construct } from 'constructs';
import { InstanceSecrets, MANIFEST_VERSION, StoreAccess } from '../../manifest/manifest';
import { ExternalStorageProps, GatewayDeploymentProps, InstanceDeployment, InstanceDeploymentProps, StorageDeployment } from '../deployment';
import { jsonDocument } from './documents';
import { Gateways, makeGateways } from './gateways';
import { addGuards } from './guards';
import { makeHandOver } from './hand-over';
import { addressById, addressed } from './logical-ids';
import { prefixed } from './names';
import type { RegionContext } from './region';
import { makeSecret } from './secret';
import { OwnStorage, otherNetwork } from './storage';
import { TerraformData } from './terraform-data';

export function addInstance(context: RegionContext, scope: Construct, props: InstanceDeploymentProps): InstanceDeployment {
  const { instanceId } = props;
  addressById(scope, 'instance', instanceId);
  const name = prefixed(context.prefix, instanceId);
  const userLabels = { ...context.labels, ...props.labels };
  const own = isOurs(props.storage) ? props.storage : undefined;
  const storeAccess = jsonDocument(scope, 'StoreAccess', constant(accessTo(scope, props.storage)), 'sensitive');
  const documents: { [file: string]: string } = {
    'instance.json': jsonDocument(scope, 'InstanceManifest', () => props.manifest(), 'plain'),
    'secrets.json': jsonDocument(scope, 'InstanceSecrets', () => secretsOf(props), 'sensitive'),
    'store.json': storeAccess,
  };
  // what is handed over apart, here or by another stack, is not handed over again
  if (props.storageManifest() !== null) documents['storage.json'] = jsonDocument(scope, 'StorageManifest', () => props.storageManifest(), 'plain');
  // the network of a store of our own is the region's
  const network = own ? undefined : otherNetwork(context, scope, props.storage);
  const accepted = makeHandOver(context, scope, {
    name: `${name}-hand-over`, documents, labels: { instance: instanceId, storage: props.storageId }, userLabels, otherNetwork: network,
    dependsOn: 'ready' in props.storage ? props.storage.ready : [],
  });
  const access = { option: '--store', file: '/etc/mqttgw/store.json', content: storeAccess } as const;
  const gateways = makeGateways(context, scope, { ...props, name, userLabels, access, accepted, otherNetwork: network, store: own?.store });
  return standing(scope, props, accepted, gateways);
}

/** What holds with and without a store. */
export function standing(scope: Construct, { instanceId, guards }: GatewayDeploymentProps, accepted: TerraformData, gateways: Gateways): InstanceDeployment {
  const ready = addressed(new TerraformData(scope, 'Ready', { input: { revision: gateways.revision }, dependsOn: [accepted, ...gateways.containers] }));
  addGuards(scope, 'mqtt', instanceId, guards, [accepted]);
  return {
    bindingStands: [accepted, ready],
    whenBound: (value) => ready.onceStanding(value),
  };
}

function constant<T>(value: T): () => T {
  return () => value;
}

function isOurs(storage: StorageDeployment | ExternalStorageProps): storage is OwnStorage {
  return 'store' in storage;
}

function accessTo(scope: Construct, storage: StorageDeployment | ExternalStorageProps): StoreAccess {
  const { url, username, password, sealingKey } = storage;
  return {
    version: MANIFEST_VERSION, kind: 'store', url, username: username ?? null, password: password ?? null,
    sealingKey: sealingKey ?? makeSecret(scope, 'SealingKey'), admin: null,
  };
}

export function secretsOf({ accessKeySecrets, consoleUserPasswords, metricsToken, tls, webhookSecret }: GatewayDeploymentProps): InstanceSecrets {
  return {
    version: MANIFEST_VERSION, kind: 'secrets', accessKeys: accessKeySecrets(), consoleUsers: consoleUserPasswords(), metricsToken: metricsToken ?? null, tls: tls ?? null,
    ...(webhookSecret !== undefined && { webhookSecret }),
  };
}
