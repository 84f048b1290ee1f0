import { inParallel, offlineSession, publishRate, warmUp } from '../load/together';
import type { Figure, Scenario } from '../types';

export const besideOffline: Scenario = {
  name: 'beside-offline', title: 'QoS 1 publish beside offline sessions on the same filter, 10 publishers, 20 in flight', timeoutSeconds: 240,
  async run(context) {
    const { offlineSessions: wanted, offlineSetupMs } = context.size;
    const topics = (i: number): string[] => [`bench/off/${i}`];
    await warmUp(context);
    const without = await publishRate(context, 'no session', 10, 20, topics);
    context.progress(`making ${wanted} sessions`);
    const deadline = performance.now() + offlineSetupMs;
    let made = 0;
    let trouble = '';
    await inParallel(wanted, 50, async (i) => {
      if (trouble !== '') return;
      if (performance.now() > deadline) trouble = `${offlineSetupMs / 1000} s were over`;
      else await offlineSession(context, `off-${i}`, 'bench/off/#').then(() => { made++; }, (error: Error) => { trouble = error.message; });
    });
    const beside = await publishRate(context, `${wanted} sessions`, 10, 20, topics);
    const note = made < wanted ? `only ${made} sessions could be made: ${trouble}` : undefined;
    const ratio: Figure = { name: `${wanted} sessions : no session`, value: beside.value! / without.value!, unit: 'times', better: 'higher', note };
    return [without, { ...beside, note }, ratio];
  },
};
