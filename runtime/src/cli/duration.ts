/** Times and durations as people write them. */
import { InvalidArgumentError } from 'commander';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds. */
export function duration(text: string): number {
  const milliseconds = parse(text);
  if (milliseconds !== null) return milliseconds;
  throw new InvalidArgumentError('allowed is a number with s, m, h or d, such as 60s, 12h or 30d.');
}

/** Milliseconds since 1970. */
export function timeOf(text: string): number {
  const at = pointInTime(text);
  if (at !== null) return at;
  throw new InvalidArgumentError('allowed is a duration such as 10m, 2h or 1d, or a date such as 2026-03-01T12:00:00Z.');
}

/** A Message ID behind which what is meant begins: ids are microseconds since 1970. */
export function messageIdOf(text: string): number {
  if (/^\d{16}$/.test(text)) return Number(text);
  const at = pointInTime(text);
  if (at !== null) return at * 1_000 - 1;
  throw new InvalidArgumentError('allowed is a duration such as 10m, 2h or 1d, a date such as 2026-03-01T12:00:00Z, or a Message ID.');
}

function pointInTime(text: string): number | null {
  const back = parse(text);
  const at = back === null ? Date.parse(text) : Date.now() - back;
  // a number alone would be taken for a year
  return !/^\d+$/.test(text) && Number.isFinite(at) && at > 0 ? at : null;
}

function parse(text: string): number | null {
  const [, amount, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  return amount === undefined ? null : Number(amount) * UNITS[unit as keyof typeof UNITS];
}
