/** Who is online: what the other gateways told through the store, and what this one sees. */
import { newest, readPresence, type Located } from '../presence/presence';
import type { StoredSession } from '../store/contract';
import type { Serving } from './context';

/** Gateways that live, without this one. */
async function others({ store, broker, view }: Serving): Promise<string[]> {
  return (await store.gateways()).filter(({ instanceId, gatewayId }) => instanceId === view.instanceId && gatewayId !== broker.gatewayId).map(({ gatewayId }) => gatewayId);
}

export async function online(serving: Serving, clientIds?: readonly string[]): Promise<Map<string, Located>> {
  const { store, broker } = serving;
  const found = await readPresence(store, await others(serving), clientIds);
  const wanted = clientIds && new Set(clientIds);
  for (const each of broker.present()) {
    if (wanted === undefined || wanted.has(each.clientId)) newest(found, { ...each, gatewayId: broker.gatewayId });
  }
  return found;
}

/** The gateway that serves a session now; null: none. What a gateway that died still owns is not served. */
export async function onlineOwner(serving: Serving, { owner }: StoredSession): Promise<string | null> {
  if (owner === null || owner === serving.broker.gatewayId) return owner;
  return (await others(serving)).includes(owner) ? owner : null;
}
