import { expect, it } from 'vitest';
import { retryLog } from './retry-log';

it('collapses identical lines and tells a new reason at once', () => {
  const told: string[] = [];
  const log = retryLog({ warn: ({ attempt, reason }: { attempt: number; reason: string }) => void told.push(`${attempt} ${reason}`) } as never);
  for (let i = 0; i < 20; i++) log('refused', 'trying again');
  log('not found', 'trying again');
  expect(told).toEqual(['1 refused', '2 refused', '4 refused', '8 refused', '16 refused', '21 not found']);
});
