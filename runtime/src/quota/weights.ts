import type { QoS } from '../store/contract';

/** E4: what a message counts towards TPS, in and out. The session is that of the client it comes from or goes to. */
export function weightOf(qos: QoS, cleanSession: boolean): number {
  if (qos === 0) return 1;
  return qos === 1 && cleanSession ? 2 : 5;
}
