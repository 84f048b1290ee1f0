/** Tries every port before anything is written, so that one message names all that are taken, with the fix. */
import net from 'node:net';
import type { ListenerBinding, ListenerBindings } from '../../../lib/manifest/manifest';
import { portError } from '../gateway/port-error';
import { EXIT, UserError } from '../user-error';
import { PORT_NAMES, type LocalChoices, type PortName } from './prepare';

const HIGHEST_PORT = 65_535;
/** What is proposed first, so that the declared ports and the moved ones of one instance do not meet (8080 + 10000 is 18080). */
const OFFSETS = [20_000, 30_000, 40_000, ...Array.from({ length: 40 }, (_, index) => 21_000 + 500 * index)];

export async function checkPorts(listeners: ListenerBindings, choices: Pick<LocalChoices, 'portOffset' | 'ports'>): Promise<void> {
  const failures: string[] = [];
  const failed: PortName[] = [];
  const taken = new Map<string, string>();
  for (const name of PORT_NAMES) {
    const binding = listeners[name];
    if (!binding || binding.port === 0) continue;
    const place = `${binding.bindAddress}:${binding.port}`;
    const other = taken.get(place);
    if (other !== undefined) {
      failures.push(`port ${binding.port} on ${binding.bindAddress} is given to two listeners, ${other} and ${name}; give one of them another port`);
      failed.push(name);
      continue;
    }
    taken.set(place, name);
    const error = await tryPort(binding);
    if (!error) continue;
    failed.push(name);
    failures.push(portError(error, name, binding)?.message ?? `port ${binding.port} (listener ${name}): ${error.message}`);
  }
  if (failures.length === 0) return;
  throw new UserError([...failures, ...await hints(listeners, failed, choices)].join('\n  '), EXIT.inUse);
}

/** Options whose ports are free now. A listener with a port of its own (--port) does not move with the offset. */
async function hints(listeners: ListenerBindings, failed: readonly PortName[], { portOffset, ports }: Pick<LocalChoices, 'portOffset' | 'ports'>): Promise<string[]> {
  const named = PORT_NAMES.flatMap((name) => (listeners[name] ? [{ name, ...listeners[name] }] : [])).filter(({ port }) => port !== 0);
  const moving = named.filter(({ name }) => ports[name] === undefined).map((binding) => ({ ...binding, port: binding.port - portOffset }));
  const fixed = new Set(named.filter(({ name }) => ports[name] !== undefined).map(({ port }) => port));
  const offset = failed.some((name) => ports[name] === undefined) ? await freeOffset(moving, fixed, portOffset) : undefined;
  const one = named.filter(({ name }) => failed.includes(name)).slice(0, 1);
  const step = await freeOffset(one, new Set(named.map(({ port }) => port)), 0);
  return [
    ...(offset === undefined ? [] : [`to move all listeners: --port-offset ${offset}`]),
    ...one.flatMap(({ name, port }) => (step === undefined ? [] : [`to move one: --port ${name}=${port + step}`])),
  ];
}

/** undefined: none of those tried is free for all of them, as when the address is not one of this machine's. */
async function freeOffset(bindings: readonly ListenerBinding[], taken: ReadonlySet<number>, given: number): Promise<number | undefined> {
  for (const offset of OFFSETS) {
    const moved = bindings.map(({ bindAddress, port }) => ({ bindAddress, port: port + offset }));
    if (offset === given || moved.some(({ port }) => port > HIGHEST_PORT || taken.has(port))) continue;
    const errors = await Promise.all(moved.map(tryPort));
    if (errors.every((error) => error === undefined)) return offset;
  }
  return undefined;
}

function tryPort({ bindAddress, port }: ListenerBinding): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', resolve);
    server.listen({ host: bindAddress, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
