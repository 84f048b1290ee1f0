/** One scenario against one running target, once, in a process of its own. Prints its figures as JSON. */
import { createHmac } from 'node:crypto';
import type { Login } from './load/packets';
import { SCENARIOS } from './scenarios/index';
import { SIZES, type SizeName } from './sizes';
import type { Key, TargetProcess } from './types';

export interface Task {
  readonly scenario: string;
  readonly port: number;
  readonly size: SizeName;
  readonly loads: readonly string[] | null;
  readonly processes: readonly TargetProcess[];
  readonly key: Key | null;
}

/** The password of `Signature` mode. */
function login(key: Key | null, clientId: string): Login | null {
  if (key === null) return null;
  return { username: `Signature|${key.keyId}|${key.instanceId}`, password: createHmac('sha1', key.secret).update(clientId).digest('base64') };
}

const task = JSON.parse(process.argv[2]!) as Task;
const scenario = SCENARIOS.find(({ name }) => name === task.scenario)!;
try {
  const figures = await scenario.run({
    port: task.port, size: SIZES[task.size], loads: task.loads, payloadBytes: 256, processes: task.processes,
    login: (clientId) => login(task.key, clientId),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(JSON.stringify(figures));
  process.exit(0);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
