/** What the log of a gateway tells about its workers. */
import { setTimeout as sleep } from 'node:timers/promises';

interface Entry { readonly msg?: string; readonly worker?: number; readonly pid?: number; readonly clientId?: string }

export interface Logged { log(): string }

export function entries({ log }: Logged): Entry[] {
  return log().split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return []; // not JSON, or not whole yet
    }
  });
}

/** Process ids of the workers that run, by number. */
export function pids(gateway: Logged): Map<number, number> {
  const running = new Map<number, number>();
  for (const { msg, worker, pid } of entries(gateway)) {
    if (msg === 'worker-started') running.set(worker!, pid!);
    if (msg === 'worker-died') running.delete(worker!);
  }
  return running;
}

/** The worker at which this client connected last. */
export async function workerOf(gateway: Logged, clientId: string): Promise<number> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const found = entries(gateway).findLast((entry) => entry.msg === 'client-connected' && entry.clientId === clientId);
    if (found) return found.worker!;
    await sleep(20);
  }
  throw new Error(`the log has no connection of ${clientId}`);
}
