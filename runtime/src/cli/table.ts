/** Columns for people. */

export type Cell = string | number | boolean | null;

/** The first row is the heading. */
export function table(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const all = [heading, ...rows.map((row) => row.map(shown))];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}

/** Names on the left, values on the right. */
export function list(entries: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n');
}

export function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/** A rate, to what a person reads of it. */
export function rate(perSecond: number): number {
  return Math.round(perSecond * 1_000) / 1_000;
}

/** Names and remarks come from others: a control character would speak to the terminal. */
function shown(cell: Cell): string {
  if (cell === null || cell === '') return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return String(cell).replace(/\p{Cc}/gu, '?');
}
