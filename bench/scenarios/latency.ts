import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSince, sampleCpu } from '../load/cpu';
import { Publisher } from '../load/publisher';
import { Receiver } from '../load/receiver';
import { closeAll, connectPublishers, rateOf, until, warmUp } from '../load/together';
import type { Context, Figure, Scenario } from '../types';

/** Slow enough for every target, so that the figures can be compared whatever half of each one's most is. */
const COMMON_RATE = 500;

/** Sends at a steady pace: every millisecond what is due by then. */
async function pace(context: Context, publisher: Publisher, perSecond: number): Promise<void> {
  const seconds = context.size.pacedSeconds;
  const start = performance.now();
  let sent = 0;
  for (;;) {
    const elapsed = performance.now() - start;
    if (elapsed > seconds * 1000) return;
    for (const due = Math.floor((elapsed * perSecond) / 1000); sent < due; sent++) publisher.sendOne();
    publisher.check();
    await sleep(1);
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! / 1000;
}

async function at(context: Context, name: string, perSecond: number, publisher: Publisher, receiver: Receiver): Promise<Figure[]> {
  await until(() => publisher.acknowledged === publisher.sent, () => receiver.received, { idleMs: 1_000, totalMs: 5_000 });
  receiver.latencies.length = 0;
  const cpu = sampleCpu(context);
  await pace(context, publisher, perSecond);
  const used = cpuSince(context, cpu);
  await sleep(500);
  const sorted = [...receiver.latencies].sort((a, b) => a - b);
  if (sorted.length === 0) return [{ name: `p99 ${name}`, value: null, unit: 'ms', better: 'lower', note: 'nothing arrived' }];
  const note = `at ${Math.round(perSecond)}/s`;
  return [
    { name: `p50 ${name}`, value: quantile(sorted, 0.5), unit: 'ms', better: 'lower', note, cpu: used },
    { name: `p99 ${name}`, value: quantile(sorted, 0.99), unit: 'ms', better: 'lower', note, cpu: used },
  ];
}

export const latency: Scenario = {
  name: 'latency', title: 'From one publisher to one persistent session, QoS 1', timeoutSeconds: 90,
  async run(context) {
    await warmUp(context);
    const receiver = await Receiver.connect(context.port, { clientId: 'lat-sub', cleanSession: false, login: context.login('lat-sub'), filter: 'bench/lat', qos: 1, latency: true });
    const [publisher] = await connectPublishers(context, 'lat-pub', 1, { qos: 1, window: 20, topics: () => ['bench/lat'] }) as [Publisher];
    publisher.start();
    const { rate, cpu } = await rateOf(context, () => receiver.received, () => receiver.check());
    publisher.stop();
    const most: Figure = { name: 'most, 20 in flight', value: rate, unit: 'msg/s', better: 'higher', cpu };
    const half = await at(context, 'at half of that', rate / 2, publisher, receiver);
    const common = await at(context, `at ${COMMON_RATE}/s`, COMMON_RATE, publisher, receiver);
    await closeAll([receiver, publisher]);
    return [most, ...half, ...common];
  },
};
