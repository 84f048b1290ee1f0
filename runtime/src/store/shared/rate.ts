import type { Rate } from '../contract';

/**
 * One value tells how far a rate is used up: the time at which it would be unused again (the generic cell rate algorithm). All
 * times in milliseconds. The same stands in `redis/lua/take-rate.lua`.
 */
export function takeRate(unusedAt: number, now: number, { perSecond, burst }: Rate): { readonly unusedAt: number; readonly wait: number } {
  const each = 1_000 / perSecond;
  const next = Math.max(unusedAt, now) + each;
  const wait = next - now - burst * each;
  return wait > 0 ? { unusedAt, wait: Math.ceil(wait) } : { unusedAt: next, wait: 0 };
}
