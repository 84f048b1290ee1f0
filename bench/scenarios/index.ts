import type { Scenario } from '../types';
import { besideOffline } from './beside-offline';
import { connect } from './connect';
import { drain, sparseDrain } from './drain';
import { fanIn, fanOut } from './fan';
import { idleMemory } from './idle-memory';
import { latency } from './latency';
import { p2p } from './p2p';
import { qos0 } from './qos0';
import { qos1, qos1Offline } from './qos1';
import { redisLimit } from './redis-limit';

/** In the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  qos1, qos1Offline, qos0, fanIn, fanOut, latency, drain, sparseDrain, besideOffline, connect, idleMemory, p2p, redisLimit,
];
