/** Another one after every start: what an earlier incarnation left behind is fenced off by it. */
import { randomBytes } from 'node:crypto';

export function newGatewayId({ instanceId, replica }: { readonly instanceId: string; readonly replica: string }, worker?: number): string {
  return [instanceId, replica, ...(worker === undefined ? [] : [worker]), randomBytes(6).toString('hex')].join('-');
}
