/** B1, L3: what a plan may not change of a binding that stands, and of a region that something lives in. */
import type { TerraformProvider } from 'cdktf';
import type { PlanGuard } from '../deployment/deployment';
import { bindingChanged, boundEditionChanged, boundNamespaceChanged, boundStoreChanged, hostChanged, regionChanged } from '../rules/guards';
import type { InstanceFacts, StorageFacts } from './facts';

export function bindingGuards({ instanceId, regionId }: InstanceFacts, storage: StorageFacts): PlanGuard[] {
  return [
    { name: 'binding', value: storage.storageId, sentence: bindingChanged(instanceId) },
    { name: 'edition', value: storage.edition, sentence: boundEditionChanged(instanceId), within: 'binding' },
    { name: 'namespace', value: storage.namespace, sentence: boundNamespaceChanged(instanceId), within: 'binding' },
    // where we run the store, its address follows from storage id, edition and region
    ...(storage.origin === 'declared' ? [] : [{
      name: 'store', value: storage.url, sentence: boundStoreChanged(instanceId), within: 'binding', compared: 'as address',
    } as const]),
    { name: 'region', value: regionId, sentence: regionChanged(instanceId), compared: 'ignoring case' },
  ];
}

/** A provider that the program configures itself has the host; not every class of providers says it. */
export function regionGuards(regionId: string, host: string, provider: TerraformProvider | undefined): PlanGuard[] {
  const address = provider ? (provider as { readonly host?: string }).host : host;
  return address === undefined ? [] : [{ name: 'host', value: address, sentence: hostChanged(regionId), compared: 'as address' }];
}
