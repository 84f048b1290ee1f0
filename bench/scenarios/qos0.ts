import { setTimeout as sleep } from 'node:timers/promises';
import { closeAll, connectPublishers, rateOf, warmUp } from '../load/together';
import { Receiver } from '../load/receiver';
import type { Scenario } from '../types';

/** What was handed to sockets says nothing at QoS 0, so what arrives is counted. */
export const qos0: Scenario = {
  name: 'qos0', title: 'QoS 0, 10 publishers as fast as their sockets go, counted at one subscriber', timeoutSeconds: 60,
  async run(context) {
    await warmUp(context);
    const receiver = await Receiver.connect(context.port, { clientId: 'q0-sub', cleanSession: true, login: context.login('q0-sub'), filter: 'bench/q0/#', qos: 0 });
    const publishers = await connectPublishers(context, 'q0-pub', 10, { qos: 0, window: 0, topics: (i) => [`bench/q0/${i}`] });
    publishers.forEach((publisher) => publisher.start());
    const { rate, cpu } = await rateOf(context, () => receiver.received, () => receiver.check());
    publishers.forEach((publisher) => publisher.stop());
    await sleep(1_000);
    const sent = publishers.reduce((sum, each) => sum + each.sent, 0);
    const arrived = receiver.received / sent;
    await closeAll([receiver, ...publishers]);
    return [{ name: 'delivered', value: rate, unit: 'msg/s', better: 'higher', cpu, note: arrived > 0.999 ? undefined : `${Math.floor(100 * arrived)} % arrived within a second of the last` }];
  },
};
