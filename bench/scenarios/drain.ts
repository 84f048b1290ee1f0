import { closeAll, connectPublishers, offlineSession, until, warmUp } from '../load/together';
import { Receiver } from '../load/receiver';
import { cpuSince, sampleCpu } from '../load/cpu';
import type { Context, Cpu, Figure, Scenario } from '../types';

export interface Queued {
  /** Messages for the session. */
  readonly own: number;
  /** Messages beside them that are not for it. */
  readonly others: number;
}

interface Drained {
  readonly milliseconds: number;
  readonly arrived: number;
  readonly cpu: Cpu;
}

/** Queues messages for a session that is away, and takes the time from its CONNECT to the last of them. */
export async function drainAfter(context: Context, session: string, { own, others }: Queued): Promise<Drained> {
  const filter = `bench/${session}/own`;
  await offlineSession(context, session, filter);
  const noise = await connectPublishers(context, `${session}-noise`, others > 0 ? 20 : 0, { qos: 1, window: 50, topics: (i) => [`bench/${session}/other/${i}`] });
  // one publisher for the session's own where they lie between others, so that they are spread evenly
  const mine = await connectPublishers(context, `${session}-pub`, others > 0 ? 1 : 20, { qos: 1, window: 20, topics: () => [filter] });
  const steps = others > 0 ? own : 1;
  for (let step = 0; step < steps; step++) {
    noise.forEach((publisher) => publisher.start(Math.floor(others / steps / noise.length)));
    await Promise.all(noise.map((publisher) => publisher.idle()));
    mine.forEach((publisher) => publisher.start(own / steps / mine.length));
    await Promise.all(mine.map((publisher) => publisher.idle()));
  }
  await closeAll([...noise, ...mine]);

  const [start, cpu] = [performance.now(), sampleCpu(context)];
  const receiver = await Receiver.connect(context.port, { clientId: session, cleanSession: false, login: context.login(session), filter: null, qos: 1, distinct: true });
  await until(() => receiver.sequences.size >= own, () => receiver.received, { idleMs: 3_000, totalMs: 60_000 });
  const result = { milliseconds: receiver.lastAt - start, arrived: receiver.sequences.size, cpu: cpuSince(context, cpu) };
  await receiver.close();
  return result;
}

function figures(name: string, { milliseconds, arrived, cpu }: Drained, own: number): Figure[] {
  const note = arrived < own ? `only ${arrived} of ${own} arrived` : undefined;
  return [
    { name, value: arrived === 0 ? null : milliseconds, unit: 'ms', better: 'lower', note, cpu },
    { name: `${name}: arrived`, value: arrived, unit: 'messages', better: 'higher' },
  ];
}

/** What delivers is warm after so many: a just-in-time compiler has seen none of it while it was only published. */
const WARM_UP_DRAINS = 2;
const DRAINS = 3;

export const drain: Scenario = {
  name: 'drain', title: '10,000 messages queued for an offline session, median of 3 sessions; and of the first one after the start', timeoutSeconds: 240,
  async run(context) {
    const own = 10_000;
    await warmUp(context);
    const drained: Drained[] = [];
    for (let i = 0; i < WARM_UP_DRAINS + DRAINS; i++) {
      drained.push(await drainAfter(context, `drain-${i}`, { own, others: 0 }));
      // what loses messages, or takes seconds for them, shows that once
      if (drained[0]!.arrived < own || drained[0]!.milliseconds > 5_000) break;
    }
    const [first, ...later] = drained as [Drained, ...Drained[]];
    const measured = later.slice(WARM_UP_DRAINS - 1).sort((a, b) => a.milliseconds - b.milliseconds);
    const incomplete = later.find(({ arrived }) => arrived < own);
    const figure = incomplete ?? measured[Math.floor(measured.length / 2)] ?? first;
    return [...figures('drain', figure, own), { name: 'first drain', value: first.milliseconds, unit: 'ms', better: 'lower', cpu: first.cpu }];
  },
};

/** Peers keep a copy a session, so what lies beside it is nothing to them: only our gateway is asked. */
export const sparseDrain: Scenario = {
  name: 'sparse-drain', title: '10 messages of a session among many of others', timeoutSeconds: 300, varies: false,
  only: ['ours-redis', 'ours-redis-always', 'ours-embedded'],
  async run(context) {
    const many = context.size.sparseMessages;
    await warmUp(context);
    context.progress('10 of 100');
    const few = figures('10 of 100', await drainAfter(context, 'few', { own: 10, others: 90 }), 10);
    context.progress(`10 of ${many}`);
    const sparse = figures(`10 of ${many}`, await drainAfter(context, 'many', { own: 10, others: many }), 10);
    return [...few, ...sparse];
  },
};
