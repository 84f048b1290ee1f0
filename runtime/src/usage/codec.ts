/** How usage stands in a record: compact, because there are hundreds a day and gateway. */
import { FIELDS, noCounts, SLOTS, type Cell } from './meter';

/** Parent topic, sub topic, P2P, then slot, messages, bytes and weight of each slot that counted something. */
type Row = [log: string, subTopic: string | null, p2p: 0 | 1, ...numbers: number[]];

export function encodeCells(cells: Iterable<Cell>): string {
  return JSON.stringify([...cells].map(({ log, subTopic, p2p, counts }): Row => {
    const numbers: number[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const of = counts.subarray(slot * FIELDS, (slot + 1) * FIELDS);
      if (of[0] !== 0) numbers.push(slot, ...of);
    }
    return [log, subTopic, p2p ? 1 : 0, ...numbers];
  }));
}

export function decodeCells(value: string): Cell[] {
  return (JSON.parse(value) as Row[]).map(([log, subTopic, p2p, ...numbers]) => {
    const counts = noCounts();
    for (let at = 0; at < numbers.length; at += FIELDS + 1) counts.set(numbers.slice(at + 1, at + 1 + FIELDS), numbers[at]! * FIELDS);
    return { log, subTopic, p2p: p2p === 1, counts };
  });
}

/** A value for each second, written as runs: it hardly ever changes. */
export type Runs = [value: number, seconds: number][];

export function runsOf(values: readonly number[]): Runs {
  const runs: Runs = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === value) last[1]++;
    else runs.push([value, 1]);
  }
  return runs;
}

export function valuesOf(runs: Runs): number[] {
  return runs.flatMap(([value, seconds]) => Array.from({ length: seconds }, () => value));
}
