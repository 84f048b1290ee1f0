import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../load/client';
import { inParallel, warmUp } from '../load/together';
import type { Context, Scenario } from '../types';

function residentKiB({ processes }: Context): number {
  return processes.filter(({ role }) => role === 'broker')
    .reduce((sum, { pid }) => sum + Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]), 0);
}

async function connectIdle(context: Context, prefix: string, count: number): Promise<Client[]> {
  return inParallel(count, 50, (i) => {
    const clientId = `${prefix}-${i}`;
    return Client.connect(context.port, { clientId, cleanSession: true, login: context.login(clientId) });
  });
}

/** What the broker's process grows by in memory of its own (a mapped file is the page cache's): garbage that it has not collected counts too. */
export const idleMemory: Scenario = {
  name: 'idle-memory', title: 'Resident memory of the broker per idle connection', timeoutSeconds: 120, varies: false,
  async run(context) {
    const count = context.size.idleConnections;
    // its code and buffers are there before the first figure is taken, and a young generation of full size: it does not grow with connections
    await warmUp(context);
    const warm = await connectIdle(context, 'warm', 200);
    await inParallel(warm.length, 50, (i) => warm[i]!.disconnect());
    await sleep(2_000);
    const before = residentKiB(context);
    const clients = await connectIdle(context, 'idle', count);
    await sleep(context.size.idleMs);
    clients.forEach((client) => client.check());
    const value = (residentKiB(context) - before) / count;
    await inParallel(count, 100, (i) => clients[i]!.disconnect());
    return [{ name: `at ${count}`, value, unit: 'KiB', better: 'lower', note: `process itself ${Math.round(before / 1024)} MiB` }];
  },
};
