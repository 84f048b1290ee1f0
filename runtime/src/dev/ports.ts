/** Tries every port before anything is written, so that one message names all that are taken, with the fix. */
import net from 'node:net';
import type { ListenerBinding, ListenerBindings } from '../../../lib/manifest/manifest';
import { portError } from '../gateway/port-error';
import { EXIT, UserError } from '../user-error';
import { PORT_NAMES } from './prepare';

export async function checkPorts(listeners: ListenerBindings): Promise<void> {
  const failures: string[] = [];
  const taken = new Map<string, string>();
  for (const name of PORT_NAMES) {
    const binding = listeners[name];
    if (!binding || binding.port === 0) continue;
    const place = `${binding.bindAddress}:${binding.port}`;
    const other = taken.get(place);
    if (other !== undefined) {
      failures.push(`port ${binding.port} on ${binding.bindAddress} is given to two listeners, ${other} and ${name}; give one of them another port`);
      continue;
    }
    taken.set(place, name);
    const error = await tryPort(binding);
    if (error) failures.push(portError(error, name, binding)?.message ?? `port ${binding.port} (listener ${name}): ${error.message}`);
  }
  if (failures.length === 0) return;
  throw new UserError(`${failures.join('\n  ')}\n  to move all listeners: --port-offset 10000; to move one: --port tcp=2883`, EXIT.inUse);
}

function tryPort({ bindAddress, port }: ListenerBinding): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', resolve);
    server.listen({ host: bindAddress, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
