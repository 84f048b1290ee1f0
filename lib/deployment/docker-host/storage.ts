/** A storage instance: its place in a store, its own store user, its topics. */
import { Construct } from 'constructs';
import { MANIFEST_VERSION, StoreAccess } from '../../manifest/manifest';
import { StorageDeployment, StorageDeploymentProps } from '../deployment';
import { jsonDocument } from './documents';
import { makeHandOver } from './hand-over';
import { hostLabel, prefixed } from './names';
import { protectionOf } from './protection';
import { recordOf } from './record';
import type { RegionContext } from './region';
import { makeSecret } from './secret';
import { Store } from './store';

/** A storage that we run; an instance that is bound to it needs to know its store. */
export interface OwnStorage extends StorageDeployment {
  readonly store: Store;
}

export function addStorage(context: RegionContext, scope: Construct, props: StorageDeploymentProps): OwnStorage {
  const { storageId, edition } = props;
  const name = prefixed(context.prefix, storageId);
  const store = edition === 'standard' ? context.sharedStore() : new Store(context, scope, { ...props, baseName: name });
  const username = hostLabel(storageId);
  const password = makeSecret(scope, 'StorePassword');
  const sealingKey = makeSecret(scope, 'SealingKey');
  protectionOf(scope).declare(storageId, props.deletionProtection);
  recordOf(scope).storages.push(() => props.manifest());
  const access: StoreAccess = { version: MANIFEST_VERSION, kind: 'store', url: store.url, username, password, sealingKey, admin: store.admin };
  const accepted = makeHandOver(context, scope, {
    name: `${name}-hand-over`,
    documents: {
      'storage.json': jsonDocument(scope, 'StorageManifest', () => props.manifest(), 'plain'),
      'store.json': jsonDocument(scope, 'StoreAccess', () => access, 'sensitive'),
    },
    labels: { storage: storageId },
    userLabels: { ...context.labels, ...props.labels },
    dependsOn: [context.images.store()],
  });
  return { store, url: store.url, username, password, sealingKey, ready: [accepted], network: context.networkId };
}
