/** A line of blocks, for people. */

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WIDTH = 72;

/** Each column is the highest of its values; the highest of all is a full block. */
export function chart(title: string, values: readonly number[]): string {
  const highest = Math.max(0, ...values);
  const columns = Math.min(WIDTH, values.length);
  const line = Array.from({ length: columns }, (_, column) => {
    const of = values.slice(Math.floor((column * values.length) / columns), Math.max(Math.floor(((column + 1) * values.length) / columns), Math.floor((column * values.length) / columns) + 1));
    const value = Math.max(0, ...of);
    return value === 0 ? BLOCKS[0]! : BLOCKS[Math.max(1, Math.round((value / highest) * (BLOCKS.length - 1)))]!;
  }).join('');
  return `${title}, at most ${highest}\n|${line}|`;
}
