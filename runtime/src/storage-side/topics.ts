/**
 * Topics that the owner of a storage makes in it, without any gateway and also before one is bound (S2, I4). They stand in the documents
 * beside what the control API made, by the same rules, with an origin of their own; gateways take them in by the same notice.
 */
import { checkTopic } from '../../../lib/rules/declarations';
import { changeMade, declaredTopics, withoutTopic, withTopic } from '../api/made';
import { ProblemError, refuseFindings } from '../api/problem';
import type { Documents, MadeTopic, Store } from '../store/contract';

export type StorageSideTopic = Pick<MadeTopic, 'name' | 'type' | 'permission' | 'remark' | 'removalPolicy'>;
export interface ListedStorageTopic extends StorageSideTopic { readonly origin: 'declared' | 'api' | 'storage'; readonly storedMessages: number }

export async function listStorageTopics(store: Store): Promise<readonly ListedStorageTopic[]> {
  const [documents, { perLog }] = await Promise.all([store.readDocuments(), store.statistics()]);
  checkHandedOver(documents);
  const shown = ({ name, type, permission, remark, removalPolicy }: StorageSideTopic, origin: ListedStorageTopic['origin']): ListedStorageTopic =>
    ({ name, type, permission, remark, removalPolicy, origin, storedMessages: Object.hasOwn(perLog, name) ? perLog[name]! : 0 });
  return [...declaredTopics(documents).map((each) => shown(each, 'declared')), ...(documents.made?.topics ?? []).map((each) => shown(each, each.origin ?? 'api'))]
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function makeStorageTopic(store: Store, asked: StorageSideTopic): Promise<void> {
  refuseFindings(checkTopic(asked)); // N2, N4
  await changeMade({ store, refresh: async () => undefined }, (made, documents) => {
    checkHandedOver(documents);
    return withTopic(made, documents, { ...asked, account: '', origin: 'storage', createdAt: Date.now() });
  });
}

/** Whoever made it: the storage is its owner's. */
export async function deleteStorageTopic(store: Store, name: string): Promise<void> {
  await changeMade({ store, refresh: async () => undefined }, (made, documents) => {
    checkHandedOver(documents);
    return withoutTopic(made, documents, name, () => true);
  });
}

function checkHandedOver({ storage }: Documents): void {
  if (storage === null) throw new ProblemError('not-ready', { fix: 'deploy the program that declares the storage instance, or give the id of another storage' }, 'no storage instance was handed over here yet');
}
