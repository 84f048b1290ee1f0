/** `mqttgw device`: credentials of devices (A3). */
import type { Command } from 'commander';
import { signPassword } from '../auth/signature';
import { addApiOptions, ask, print, type ApiOptions } from './api-command';
import type { CliContext } from './context';
import { list, time } from './table';

interface Credential {
  readonly clientId: string; readonly instanceId: string; readonly account: string; readonly deviceAccessKeyId: string; readonly deviceAccessKeySecret: string;
  readonly createTime: number; readonly updateTime: number;
}

export function addDevice(program: Command, context: CliContext): void {
  const device = program.command('device').description('Register a device with a credential of its own, show, renew or take it away.').addHelpText('after', `
What is printed is secret: it holds the password of this Client ID.

Examples:
  mqttgw device register GID_demo@@@device-1 --key-id quickstart-key --key-secret-file ./secret
  mqttgw device get GID_demo@@@device-1 --json
  mqttgw device refresh GID_demo@@@device-1
  mqttgw device unregister GID_demo@@@device-1`);
  const add = (name: string, description: string, method: string, path = ''): void => {
    addApiOptions(device.command(`${name} <client-id>`).description(description)).action(async (clientId: string, options: ApiOptions) => {
      print(options, context, await ask<Credential>(options, context, method, `${at(clientId)}${path}`), shown);
    });
  };
  add('register', 'give it a credential; one that has one gets the same again', 'POST');
  add('get', 'show its credential', 'GET');
  add('refresh', 'give it another secret; the connection that stands on the old one closes', 'POST', '/refresh');
  addApiOptions(device.command('unregister <client-id>').description('take its credential away; the connection that stands on it closes')).action(async (clientId: string, options: ApiOptions) => {
    print(options, context, await ask(options, context, 'DELETE', at(clientId)), () => `unregistered ${clientId.replace(/\p{Cc}/gu, '?')}`);
  });
}

function at(clientId: string): string {
  return `/clients/${encodeURIComponent(clientId)}/credential`;
}

function shown({ clientId, instanceId, account, deviceAccessKeyId, deviceAccessKeySecret, createTime, updateTime }: Credential): string {
  return list([
    ['client id', clientId], ['username', `DeviceCredential|${deviceAccessKeyId}|${instanceId}`], ['password', signPassword(deviceAccessKeySecret, clientId)],
    ['key id', deviceAccessKeyId], ['secret', deviceAccessKeySecret], ['account', account], ['created', time(createTime)], ['secret made', time(updateTime)],
  ]);
}
