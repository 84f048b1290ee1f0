/** Device credentials (A3): register, get, refresh, unregister. A sub-account does so for devices of its own groups. */
import { Type } from '@sinclair/typebox';
import { parseClientId } from '../auth/client-id';
import { mayAsk } from './clients';
import { askerOf, told } from './handed-out';
import { operation } from './operation';
import { ProblemError } from './problem';
import { filled, milliseconds, nothing } from './schemas';

const credential = Type.Object({
  clientId: filled, instanceId: filled,
  account: Type.String({ description: 'whose rights are those of the device' }),
  deviceAccessKeyId: filled,
  deviceAccessKeySecret: Type.String({ minLength: 1, description: 'signs the password of this Client ID alone' }),
  createTime: milliseconds,
  updateTime: Type.Integer({ minimum: 0, description: 'milliseconds since 1970; when the secret was made' }),
}, { $id: 'DeviceCredential' });

const params = Type.Object({ clientId: filled });
const path = '/clients/{clientId}/credential';
const MISSING = { 'not-found': 'credential-not-found', exceeded: 'devices-exceeded' } as const;

export const deviceOperations = [
  operation({
    id: 'registerDevice', method: 'POST', path, tag: 'device credentials',
    summary: 'Registers a device of an existing group, for the account of the group; one that is registered gets the same credential again',
    params, secret: true, status: 200, response: credential, problems: ['rule-broken', 'group-not-found', 'credential-not-found', 'account-denied', 'devices-exceeded'],
    async handle({ params: { clientId }, caller, serving: { view, credentials } }) {
      const name = parseClientId(clientId)?.group;
      const group = name === undefined ? undefined : view.groups.get(name);
      if (name !== undefined && !group) throw new ProblemError('group-not-found', { fix: 'make the group first' });
      const account = caller.main && group ? group.account : caller.account; // A4
      return told({ invalid: 'rule-broken', ...MISSING }, credentials.registerDevice(clientId, account));
    },
  }),
  operation({
    id: 'getDevice', method: 'GET', path, tag: 'device credentials', summary: 'The credential of a device, with its secret',
    params, secret: true, status: 200, response: credential, problems: ['credential-not-found', 'account-denied'],
    async handle({ params: { clientId }, caller, serving }) {
      mayAsk(serving, caller, clientId);
      return told(MISSING, serving.credentials.getDevice(clientId, askerOf(caller)));
    },
  }),
  operation({
    id: 'refreshDevice', method: 'POST', path: `${path}/refresh`, tag: 'device credentials', summary: 'A new secret: the old one works no more, and the connection that stands on it closes; the id stays',
    params, secret: true, status: 200, response: credential, problems: ['credential-not-found', 'credential-contended', 'account-denied'],
    async handle({ params: { clientId }, caller, serving }) {
      mayAsk(serving, caller, clientId);
      return told(MISSING, serving.credentials.refreshDevice(clientId, askerOf(caller)));
    },
  }),
  operation({
    id: 'unregisterDevice', method: 'DELETE', path, tag: 'device credentials', summary: 'Takes the credential away: the connection that stands on it closes',
    params, status: 200, response: nothing, problems: ['credential-not-found', 'credential-contended', 'account-denied'],
    async handle({ params: { clientId }, caller, serving }) {
      mayAsk(serving, caller, clientId);
      await told(MISSING, serving.credentials.unregisterDevice(clientId, askerOf(caller)));
      return {};
    },
  }),
];
