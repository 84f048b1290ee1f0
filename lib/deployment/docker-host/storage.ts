/** Storage instances: a place in a store, a store user of its own, topics; of one by URL the topics alone. */
import { DataDockerNetwork } from '@cdktf/provider-docker/lib/data-docker-network';
import { Construct } from 'constructs';
import { MANIFEST_VERSION, StorageManifest, StoreAccess } from '../../manifest/manifest';
import { ExternalStorageProps, StorageByUrlProps, StorageDeployment, StorageDeploymentProps } from '../deployment';
import { jsonDocument } from './documents';
import { HandOverProps, makeHandOver } from './hand-over';
import { addressById, addressed } from './logical-ids';
import { hostLabel, prefixed } from './names';
import { protectionOf } from './protection';
import { recordOf } from './record';
import type { RegionContext } from './region';
import { makeSecret } from './secret';
import { Store } from './store';
import { TerraformData } from './terraform-data';

/** A storage that we run; an instance that is bound to it needs to know its store. */
export interface OwnStorage extends StorageDeployment {
  readonly store: Store;
}

export function addStorage(context: RegionContext, scope: Construct, props: StorageDeploymentProps): OwnStorage {
  const { storageId, edition } = props;
  addressById(scope, 'storage', storageId);
  const baseName = prefixed(context.prefix, storageId);
  const store = edition === 'standard' ? context.sharedStore() : new Store(context, scope, { ...props, baseName });
  const username = hostLabel(storageId);
  const password = makeSecret(scope, 'StorePassword');
  const sealingKey = makeSecret(scope, 'SealingKey');
  protectionOf(scope).declare(`${storageId}, ${edition}, in region ${context.regionId.toLowerCase()}`, props.deletionProtection);
  recordOf(scope).storages.push(() => props.manifest());
  const access = { url: store.url, username, password, sealingKey };
  const accepted = handOver(context, scope, {
    ...props, access: () => ({ ...access, admin: store.admin, backendUsers: props.backendUsers() }), userLabels: { ...context.labels, ...props.labels }, dependsOn: [context.images.store()],
  });
  return { ...access, ...standing(accepted), store, network: context.networkId };
}

/** Of a storage by URL only the topics are ours. */
export function addStorageByUrl(context: RegionContext, scope: Construct, props: StorageByUrlProps): StorageDeployment {
  const { storageId, url, username, password } = props;
  addressById(scope, 'storage', storageId);
  const sealingKey = props.sealingKey ?? makeSecret(scope, 'SealingKey');
  const network = otherNetwork(context, scope, props);
  const access = { url, username: username ?? null, password: password ?? null, sealingKey, admin: null };
  const accepted = handOver(context, scope, { storageId, access: () => access, userLabels: context.labels, dependsOn: [], otherNetwork: network, manifest: () => props.manifest() });
  return { url, username, password, sealingKey, ...standing(accepted), network };
}

function standing(accepted: TerraformData): Pick<StorageDeployment, 'ready' | 'onceAccepted'> {
  return { ready: [accepted], onceAccepted: (value) => accepted.onceStanding(value) };
}

interface StorageHandOver extends Pick<HandOverProps, 'userLabels' | 'dependsOn' | 'otherNetwork'> {
  readonly storageId: string;
  /** Called at synth, when every user is known. */
  access(): Omit<StoreAccess, 'version' | 'kind'>;
  manifest(): StorageManifest;
}

function handOver(context: RegionContext, scope: Construct, { storageId, access, userLabels, dependsOn, otherNetwork: network, manifest }: StorageHandOver): TerraformData {
  const store = (): StoreAccess => ({ version: MANIFEST_VERSION, kind: 'store', ...access() });
  return makeHandOver(context, scope, {
    // an instance may have the same id
    name: `${prefixed(context.prefix, storageId)}-storage-hand-over`,
    documents: {
      'storage.json': jsonDocument(scope, 'StorageManifest', manifest, 'plain'),
      'store.json': jsonDocument(scope, 'StoreAccess', store, 'sensitive'),
    },
    labels: { storage: storageId }, userLabels, dependsOn, otherNetwork: network,
  });
}

/** Id of the network to join besides the region's own; a name is looked up, because containers are given ids. */
export function otherNetwork(context: RegionContext, scope: Construct, { network, networkName }: Pick<ExternalStorageProps, 'network' | 'networkName'>): string | undefined {
  if (network !== undefined || networkName === undefined || networkName === context.networkName) return network;
  return addressed(new DataDockerNetwork(scope, 'StoreNetwork', { provider: context.provider, name: networkName })).id;
}
