/** The engines behind the store contract, by where the data is. Nothing else names an engine. */
import type { ControlAccess, StoreAccess } from '../../lib/manifest/manifest';
import { RemoteDocuments } from './control/remote-documents';
import type { HandOverStore } from './hand-over/run';
import type { Logger } from './logging';
import type { Store } from './store/contract';
import { NoneStore } from './store/none/none-store';
import { backendUserPrefix } from '../../lib/rules/backend-users';
import { ensureStoreUser, setBackendUsers } from './store/redis/acl';
import { RedisStore } from './store/redis/redis-store';
import { UserError } from './user-error';

/** Above what a busy Redis needs for a batch, below what a client waits for an acknowledgement. */
const COMMAND_TIMEOUT_MS = 5_000;

export type RemoteAddress = Pick<StoreAccess, 'url' | 'username' | 'password'>;

export async function makeRemoteStore({ url, username, password }: RemoteAddress, storageId: string, logger: Logger): Promise<Store> {
  return new RedisStore({ url, username, password, storageId, commandTimeoutMs: COMMAND_TIMEOUT_MS, logger });
}

/** Loaded on demand: its native part is not in the image, where the store is always remote. */
export async function makeEmbeddedStore({ folder, storageId }: { folder: string; storageId: string }): Promise<Store> {
  const { EmbeddedStore } = await import('./store/embedded/embedded-store');
  return new EmbeddedStore({ directory: folder, storageId });
}

/** Where the data is, in a form that can be handed to another process. */
export type StoreSpec =
  | { readonly kind: 'remote'; readonly address: RemoteAddress }
  | { readonly kind: 'embedded'; readonly folder: string }
  /** Direct push: nothing but what was handed over is kept, in this file. */
  | { readonly kind: 'none'; readonly file: string };

export function makeStore(spec: StoreSpec, storageId: string, logger: Logger): Promise<Store> {
  switch (spec.kind) {
    case 'embedded': return makeEmbeddedStore({ folder: spec.folder, storageId });
    case 'remote': return makeRemoteStore(spec.address, storageId, logger);
    case 'none': return Promise.resolve(new NoneStore(undefined, spec.file));
  }
}

export async function opened(store: Store): Promise<Store> {
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
}

/** For the hand-over: the control port of a gateway with direct push, or a store, where with `admin` the storage's own user is made first (E6). */
export async function openForHandOver(access: StoreAccess | ControlAccess, storageId: string, logger: Logger): Promise<HandOverStore> {
  if (access.kind === 'control') return new RemoteDocuments(access, logger);
  const { url, username, password, admin, backendUsers } = access;
  if (!admin) return opened(await makeRemoteStore(access, storageId, logger));
  if (username === null || password === null) {
    throw new UserError('the store access document names an administrator but no user for the storage; give username and password as well');
  }
  const server = { url, adminUsername: admin.username, adminPassword: admin.password, storageId };
  await ensureStoreUser({ ...server, username, password });
  const store = await opened(await makeRemoteStore(access, storageId, logger));
  if (!backendUsers) return store;
  // Once accepted and not before: a hand-over of an earlier deploy that Docker starts again must not bring a removed user back.
  return Object.assign(store, { afterAccepted: () => setBackendUsers({ ...server, prefix: backendUserPrefix(username), users: backendUsers }) });
}
