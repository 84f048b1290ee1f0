import { expect, it } from 'vitest';
import { Recent } from './recent';

it('makes an answer once for all who ask within a moment, and anew after it', async () => {
  const recent = new Recent<number, number>(50, 10);
  let made = 0;
  const ask = (key = 1): Promise<number> => recent.get(key, () => Promise.resolve(++made));
  expect([...await Promise.all([ask(), ask()]), await ask()]).toEqual([1, 1, 1]);
  expect(await ask(2)).toBe(2);
  await expect.poll(() => ask()).toBe(3);
});

it('keeps no failure, and not more than its bound', async () => {
  const recent = new Recent<number, string>(60_000, 2);
  await expect(recent.get(1, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  for (const key of [1, 2, 3]) await recent.get(key, () => Promise.resolve('first'));
  expect(await recent.get(1, () => Promise.resolve('anew'))).toBe('anew');
  expect(await recent.get(3, () => Promise.resolve('anew'))).toBe('first');
});
