/**
 * What a will stands on: who left it, in a form that is kept with it, because another gateway may have to fire it when the client's
 * connection is long gone. What was revoked since CONNECT fires nothing (A2, A3, A5, I5).
 */
import { createHmac } from 'node:crypto';
import type { WillRecord } from '../store/contract';
import { isStillValid } from './authenticate';
import type { InstanceView } from './instance-view';
import { judgePublish } from './permissions';
import { equalInConstantTime } from './signature';
import type { DeviceSecret, Principal } from './types';

interface Standing extends Pick<Principal, 'group' | 'keyId' | 'account' | 'deviceKeyId'> {
  /** Proves which secret it signed with, to who knows the storage's own secret; null: anonymous. */
  readonly stamp: string | null;
  /** Ids and ends of its tokens; absent: it did not come with any. */
  readonly tokens?: readonly (readonly [id: string, expiresAt: number])[];
}

export interface StandingJudge {
  readonly secret: Buffer;
  readonly view: InstanceView;
  isRevoked(tokenId: string): boolean;
  device(clientId: string): Promise<DeviceSecret | null>;
}

export function standingOf(secret: Buffer, { group, keyId, account, secretTag, deviceKeyId, tokens }: Principal): string {
  const standing: Standing = {
    group, keyId, account, deviceKeyId, stamp: stamp(secret, secretTag), tokens: tokens?.map(({ claims }) => [claims.id, claims.expiresAt] as const),
  };
  return JSON.stringify(standing);
}

/** Whether the client could still publish its will now. */
export async function mayFire(judge: StandingJudge, clientId: string, { topic, payload, qos, standing: text }: WillRecord): Promise<boolean> {
  if (text === undefined) return true; // kept by an earlier version
  const { group, keyId, account, deviceKeyId, stamp: given, tokens } = JSON.parse(text) as Standing;
  if (tokens?.some(([id, expiresAt]) => expiresAt <= Date.now() || judge.isRevoked(id)) === true) return false;
  const { view } = judge;
  const secretTag = deviceKeyId !== undefined ? await deviceTag(judge, clientId, deviceKeyId) : keyId === null ? null : view.keys.get(keyId)?.secretTag;
  if (secretTag === undefined || !sameStamp(stamp(judge.secret, secretTag), given)) return false;
  // which topics its tokens name was judged at CONNECT, and a token never changes
  const principal: Principal = { clientId, group, keyId, account, secretTag, deviceKeyId };
  return isStillValid(view, principal) && judgePublish(view, principal, { topic, payloadBytes: payload.length, qos }).ok;
}

async function deviceTag(judge: StandingJudge, clientId: string, deviceKeyId: string): Promise<string | undefined> {
  const device = await judge.device(clientId);
  return device?.deviceKeyId === deviceKeyId ? device.secretTag : undefined;
}

function stamp(secret: Buffer, secretTag: string | null): string | null {
  return secretTag === null ? null : createHmac('sha256', secret).update(`will\0${secretTag}`).digest('base64url');
}

function sameStamp(one: string | null, other: string | null): boolean {
  return one === null || other === null ? one === other : equalInConstantTime(one, other);
}
