// Progress lines: a person who waits sees what for, and how long it took.

const dim = process.stdout.isTTY ? (text) => `\x1b[2m${text}\x1b[0m` : (text) => text;

/** One line. */
export function say(text) {
  process.stdout.write(`${dim('·')} ${text}\n`);
}

/** `0.3 s`, `12 s`, `3 min 20 s`. */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Says that a step begins, runs it, and says how long it took. */
export async function step(name, work) {
  const start = performance.now();
  say(`${name} …`);
  const result = await work();
  say(`${name}: done in ${duration(performance.now() - start)}`);
  return result;
}
