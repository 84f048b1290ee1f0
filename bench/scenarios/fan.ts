import { closeAll, connectPublishers, inParallel, until, warmUp } from '../load/together';
import { cpuSince, sampleCpu } from '../load/cpu';
import { Receiver } from '../load/receiver';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Figure, Scenario } from '../types';

interface Shape {
  readonly publishers: number;
  readonly window: number;
  readonly receivers: number;
  readonly topic: (publisher: number) => string;
  readonly filter: string;
}

/** Publishers run for a time; the rate is all that had to arrive, over the time until it had. */
async function deliver(context: Context, { publishers: count, window, receivers: listeners, topic, filter }: Shape): Promise<Figure[]> {
  await warmUp(context);
  const receivers = await inParallel(listeners, 20, (i) => {
    const clientId = `fan-sub-${i}`;
    return Receiver.connect(context.port, { clientId, cleanSession: false, login: context.login(clientId), filter, qos: 1 });
  });
  const publishers = await connectPublishers(context, 'fan-pub', count, { qos: 1, window, topics: (i) => [topic(i)] });
  const received = (): number => receivers.reduce((sum, each) => sum + each.received, 0);
  const sent = (): number => publishers.reduce((sum, each) => sum + each.sent, 0);

  publishers.forEach((publisher) => publisher.start());
  await sleep(context.size.leadMs);
  const [sentBefore, receivedBefore, start, cpu] = [sent(), received(), performance.now(), sampleCpu(context)];
  await sleep(context.size.deliverMs);
  publishers.forEach((publisher) => publisher.stop());
  const used = cpuSince(context, cpu);
  const complete = await until(() => received() >= sent() * listeners, received, { idleMs: 3_000, totalMs: 30_000 });
  const seconds = (performance.now() - start - (complete ? 0 : 3_000)) / 1000;
  [...receivers, ...publishers].forEach((each) => each.check());

  const missing = sent() * listeners - received();
  const figure: Figure = {
    name: 'delivered', value: (received() - receivedBefore) / seconds, unit: 'msg/s', better: 'higher', cpu: used,
    note: missing > 0 ? `${missing} of ${sent() * listeners} did not arrive` : missing < 0 ? `${-missing} repeats` : undefined,
  };
  const published: Figure = { name: 'published', value: (sent() - sentBefore) / seconds, unit: 'msg/s', better: 'higher' };
  await closeAll([...receivers, ...publishers]);
  return [figure, published];
}

export const fanIn: Scenario = {
  name: 'fan-in', title: '50 publishers to 1 persistent session, online, QoS 1', timeoutSeconds: 90,
  run: (context) => deliver(context, { publishers: 50, window: 1, receivers: 1, topic: (i) => `bench/in/${i}`, filter: 'bench/in/#' }),
};

export const fanOut: Scenario = {
  name: 'fan-out', title: '1 publisher to 100 persistent sessions, online, QoS 1', timeoutSeconds: 90,
  run: (context) => deliver(context, { publishers: 1, window: 10, receivers: 100, topic: () => 'bench/out', filter: 'bench/out' }),
};
