import type { Share, ShareSettlement, StoredMessage } from '../contract';
import type { Connection } from './connection';
import { messageOf, type RawEntry } from './entry';
import { scripts } from './scripts';

const PREFIX = '$share/';

export function isShare(filter: string): boolean {
  return filter.startsWith(PREFIX);
}

/** What `$share/<name>/<filter>` matches. */
export function sharedFilter(filter: string): string {
  return filter.slice(filter.indexOf('/', PREFIX.length) + 1);
}

/** Field of the hash `wf`, under which the share has its id. */
function fieldOf({ log, name, filter }: Share): string {
  return `${log}:${PREFIX}${name}/${filter}`;
}

export async function claimShared(connection: Connection, prefix: string, share: Share, gatewayId: string, limit: number): Promise<StoredMessage[]> {
  const entries = (await connection.script(scripts.claimShared, prefix, fieldOf(share), share.log, gatewayId, limit)) as RawEntry[];
  return entries.map((entry) => messageOf(share.log, entry));
}

export async function settleShared(connection: Connection, prefix: string, share: Share, gatewayId: string, { done, released }: ShareSettlement): Promise<void> {
  if (done.length + released.length === 0) return;
  await connection.script(scripts.settleShared, prefix, fieldOf(share), gatewayId, done.length, ...done, ...released);
}
