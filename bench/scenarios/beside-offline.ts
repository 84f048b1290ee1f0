import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel, offlineSession, publishRate, warmUp } from '../load/together';
import type { Figure, Scenario } from '../types';

export const besideOffline: Scenario = {
  name: 'beside-offline', title: 'QoS 1 publish beside offline sessions on the same filter, 10 publishers, 20 in flight', timeoutSeconds: 120,
  async run(context) {
    const { offlineSessions: wanted, offlineSetupMs } = context.size;
    const topics = (i: number): string[] => [`bench/off/${i}`];
    await warmUp(context);
    const without = await publishRate(context, 'no session', 10, 20, topics);
    context.progress(`making ${wanted} sessions`);
    let made = 0;
    let trouble = '';
    const making = inParallel(wanted, 50, async (i) => {
      if (trouble === '') await offlineSession(context, `off-${i}`, 'bench/off/#').then(() => { made++; }, (error: Error) => { trouble ||= error.message; });
    });
    // what hangs must not take the time of everybody else
    await Promise.race([making, sleep(offlineSetupMs).then(() => { trouble ||= `${offlineSetupMs / 1000} s were over`; })]);
    const complete = made === wanted;
    const beside = await publishRate(context, `${wanted} sessions`, 10, 20, topics);
    const incomplete = complete ? {} : { note: `only ${made} sessions could be made: ${trouble}`, final: true as const };
    const ratio: Figure = { name: `${wanted} sessions : no session`, value: beside.value! / without.value!, unit: 'times', better: 'higher', ...incomplete };
    return [without, { ...beside, ...incomplete }, ratio];
  },
};
