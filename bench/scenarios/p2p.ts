import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSince, sampleCpu } from '../load/cpu';
import { Receiver } from '../load/receiver';
import { closeAll, connectPublishers, inParallel, until } from '../load/together';
import type { Scenario } from '../types';

const DEVICES = 1_000;

/** Device-to-device messages exist in our gateway only, and only with declared topics. */
export const p2p: Scenario = {
  name: 'p2p', title: 'P2P messages to 1,000 persistent devices, online, QoS 1', timeoutSeconds: 90, strict: true,
  only: ['ours-redis', 'ours-redis-always', 'ours-embedded'],
  async run(context) {
    const device = (i: number): string => `GID_bench@@@device-${i}`;
    const receivers = await inParallel(DEVICES, 50, (i) =>
      Receiver.connect(context.port, { clientId: device(i), cleanSession: false, login: context.login(device(i)), filter: null, qos: 1 }));
    const publishers = await connectPublishers(context, 'GID_bench@@@backend', 10, {
      qos: 1, window: 20, topics: (i) => Array.from({ length: DEVICES }, (_, n) => `bench/p2p/${device((n + i * 100) % DEVICES)}`),
    });
    const received = (): number => receivers.reduce((sum, each) => sum + each.received, 0);
    const sent = (): number => publishers.reduce((sum, each) => sum + each.sent, 0);
    publishers.forEach((publisher) => publisher.start());
    await sleep(context.size.warmUpMs);
    const [before, start, cpu] = [received(), performance.now(), sampleCpu(context)];
    await sleep(context.size.deliverMs);
    publishers.forEach((publisher) => publisher.stop());
    const used = cpuSince(context, cpu);
    await until(() => received() >= sent(), received, { idleMs: 3_000, totalMs: 30_000 });
    const seconds = (performance.now() - start) / 1000;
    const missing = sent() - received();
    const value = (received() - before) / seconds;
    await closeAll([...publishers, ...receivers]);
    return [{ name: 'delivered', value, unit: 'msg/s', better: 'higher', cpu: used, note: missing > 0 ? `${missing} of ${sent()} did not arrive` : undefined }];
  },
};
