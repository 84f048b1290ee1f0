/** S2: topics of a storage by URL are handed over before anything is bound to it, in the Region of its id. */
import type { Construct } from 'constructs';
import { sameRegion } from '../rules/regions';
import { storageManifest } from './documents';
import { Program, StorageFacts, programOf } from './facts';
import { sameStack, unresolved } from './support';

/** A storage by URL may be declared before its Region or after it, so both ask. What cannot be handed over yet waits for its binding. */
export function handOverStoragesByUrl(construct: Construct): void {
  const program = programOf(construct);
  for (const storage of program.storages) {
    if (storage.origin === 'url' && !storage.deployment && !unresolved(storage.storageId) && !unresolved(storage.regionId)) handOver(program, storage);
  }
}

function handOver({ regions, storages }: Program, storage: StorageFacts): void {
  const { construct, storageId, url, username, password, sealingKey, networkName } = storage;
  // the rules refuse a second storage of one id; it is not rendered
  if (storages.some((other) => other.deployment && other.storageId.toLowerCase() === storageId.toLowerCase())) return;
  const region = regions.find(({ regionId, deployment, construct: its }) => deployment && sameRegion(regionId, storage.regionId) && sameStack(its, construct));
  storage.deployment = region?.deployment?.addStorageByUrl(construct, {
    storageId, url, username, password, sealingKey, networkName, manifest: () => storageManifest(storage),
  });
}
