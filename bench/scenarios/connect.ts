import { Client } from '../load/client';
import { cpuSince, sampleCpu } from '../load/cpu';
import { inParallel } from '../load/together';
import type { Context, Figure, Scenario } from '../types';

async function rate(context: Context, name: string, cleanSession: boolean): Promise<Figure> {
  const count = context.size.connects;
  const [start, cpu] = [performance.now(), sampleCpu(context)];
  const clients = await inParallel(count, 50, (i) => {
    const clientId = `con-${cleanSession ? 'c' : 'p'}-${i}`;
    return Client.connect(context.port, { clientId, cleanSession, login: context.login(clientId) });
  });
  const figure: Figure = { name, value: count / ((performance.now() - start) / 1000), unit: 'conn/s', better: 'higher', cpu: cpuSince(context, cpu) };
  await inParallel(count, 100, (i) => clients[i]!.disconnect());
  return figure;
}

export const connect: Scenario = {
  name: 'connect', title: 'CONNECT to CONNACK, 50 at a time', timeoutSeconds: 120,
  async run(context) {
    // not counted: a just-in-time compiler has seen no CONNECT yet
    await rate(context, 'warm', true);
    return [await rate(context, 'clean sessions', true), await rate(context, 'new persistent sessions', false)];
  },
};
