/** Tells that something is tried again without saying the same for ever: what repeats is told at the 2nd, 4th, 8th … time. */
import type { Logger } from './logging';

export type RetryLog = (reason: string, message: string) => void;

export function retryLog(logger: Pick<Logger, 'warn'>): RetryLog {
  let attempt = 0;
  let before: string | undefined;
  let same = 0;
  return (reason, message) => {
    attempt++;
    same = reason === before ? same + 1 : 1;
    before = reason;
    if (Number.isInteger(Math.log2(same))) logger.warn({ attempt, reason }, message);
  };
}
