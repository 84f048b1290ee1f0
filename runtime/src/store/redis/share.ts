import type { ClaimedMessage, MessageId, Share, ShareSettlement, StoredMessage } from '../contract';
import type { Argument, Connection } from './connection';
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

export async function claimShared(connection: Connection, prefix: string, share: Share, gatewayId: string, limit: number, held?: readonly MessageId[]): Promise<StoredMessage[]> {
  const known = held === undefined ? [] : ['held', ...held];
  const entries = (await connection.script(scripts.claimShared, prefix, fieldOf(share), share.log, gatewayId, limit, ...known)) as RawEntry[];
  return entries.map((entry) => messageOf(share.log, entry));
}

/** As `save-progress.lua` and `close-session.lua` want them. */
export function takenArguments(taken: readonly ClaimedMessage[] = []): Argument[] {
  return [taken.length, ...taken.flatMap(({ share, gatewayId, id }) => [fieldOf(share), gatewayId, id, id.toString(36)])];
}

export async function settleShared(connection: Connection, prefix: string, share: Share, gatewayId: string, { done, released }: ShareSettlement): Promise<void> {
  if (done.length + released.length === 0) return;
  await connection.script(scripts.settleShared, prefix, fieldOf(share), gatewayId, done.length, ...done, ...released);
}
