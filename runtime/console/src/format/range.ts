/** Time ranges that a person chooses from, in milliseconds. */
export type Range = '3600000' | '10800000' | '43200000' | '86400000' | '259200000';

export function rangeStart(range: Range): number {
  return Date.now() - Number(range);
}
