import { offlineSession, publishRate, warmUp } from '../load/together';
import type { Context, Figure, Scenario } from '../types';

/** Publishers × messages in flight of each. */
const LOADS = ['10x1', '10x20', '200x1', '200x20'];

async function rates(context: Context): Promise<Figure[]> {
  context.progress('warming up');
  await warmUp(context);
  const figures: Figure[] = [];
  for (const load of context.loads ?? LOADS) {
    const [publishers, window] = load.split('x').map(Number) as [number, number];
    const name = `${publishers} publishers, ${window} in flight`;
    context.progress(name);
    figures.push(await publishRate(context, name, publishers, window, (i) => [`bench/q1/${i}`]));
  }
  return figures;
}

export const qos1: Scenario = {
  name: 'qos1', title: 'QoS 1 publish, nobody subscribed', timeoutSeconds: 90,
  run: rates,
};

export const qos1Offline: Scenario = {
  name: 'qos1-offline', title: 'QoS 1 publish with an offline persistent subscriber', timeoutSeconds: 120,
  async run(context) {
    await offlineSession(context, 'offline', 'bench/q1/#');
    return rates(context);
  },
};
