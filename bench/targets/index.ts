import type { Target } from '../types';
import { aedesMemory, aedesRedis } from './aedes';
import { mosquitto } from './mosquitto';
import { nats } from './nats';
import { ourTargets, type Bundle } from './ours';
import { rabbitmq } from './rabbitmq';
import { REDIS_ALONE } from './redis';
import { sink } from './sink';

/** In the order of the report; those of our gateway once a bundle. */
export function allTargets(bundles: readonly Bundle[]): Target[] {
  return [...bundles.flatMap(ourTargets), mosquitto, nats, rabbitmq, aedesRedis, aedesMemory, ...REDIS_ALONE, sink];
}
