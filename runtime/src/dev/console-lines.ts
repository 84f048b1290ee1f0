/** What the embedded mode says of the console: where it is, and who may log in. */
import type { InstanceManifest, ListenerBinding } from '../../../lib/manifest/manifest';
import { isWellKnownSecret } from '../../../lib/rules/secrets';

export interface ConsoleInput {
  readonly instance: Pick<InstanceManifest, 'console'>;
  /** `http://host:port` of the HTTP listener. */
  readonly url: string;
  readonly passwords: { readonly [name: string]: string };
  /** Users whose passwords were made here. */
  readonly generated: readonly string[];
  readonly dataFolder: string;
}

export function consoleLines({ instance: { console }, url, passwords, generated, dataFolder }: ConsoleInput): string[] {
  if (console?.enabled === false) return ['Console    switched off in the program'];
  const users = (console?.users ?? []).map(({ name }) => `           user ${name}, ${passwordOf(name)}`);
  return [`Console    ${url}/console/`, ...(users.length > 0 ? users : ['           nobody may log in yet: declare a user with addConsoleUser'])];

  /** One of an example is in everybody's hands anyway; whoever gave another one knows it, and a terminal is a log. */
  function passwordOf(name: string): string {
    const password = passwords[name];
    if (generated.includes(name)) return `password generated, in ${dataFolder}/state.json (for this user alone)`;
    return password !== undefined && isWellKnownSecret(password) ? `password ${password}` : 'with the password that it was given';
  }
}

export function urlOf({ bindAddress, port }: ListenerBinding): string {
  return `http://${hostOf(bindAddress)}:${port}`;
}

export function hostOf(bindAddress: string): string {
  return bindAddress.includes(':') && !bindAddress.startsWith('[') ? `[${bindAddress}]` : bindAddress;
}
