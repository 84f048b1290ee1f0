/**
 * A process of its own for the tests: changes what a store with this file keeps, without end, and reports what was kept.
 * `tsx kept-child.ts <file> <first number>`
 */
import { NoneStore } from './none-store';

/** Records that are written over and over, so that the log is written anew often. */
export const KEYS = 40;
const AT_ONCE = 8;

async function main(): Promise<void> {
  const [file, first] = process.argv.slice(2);
  const store = new NoneStore(undefined, file);
  await store.open();
  let number = Number(first);
  const say = (line: string): void => { process.stdout.write(`${line}\n`); };
  const put = async (id: string, value: number): Promise<void> => {
    const version = await store.putRecord({ kind: 'device-credential', id, value: String(value).padEnd(300, '.'), expectedVersion: null });
    say(`record ${id} ${value} ${version}`);
  };
  const work = async (): Promise<never> => {
    for (;;) {
      const mine = number++;
      await put(`key-${mine % KEYS}`, mine);
      if (mine % 10 === 0) await put(`once-${mine}`, mine);
      if (mine % 25 !== 0) continue;
      const { revision, ...documents } = await store.readDocuments();
      if (await store.writeDocuments({ ...documents, acceptedHash: String(mine) }, revision)) say(`documents ${revision + 1}`);
      say(`value ${mine} ${await store.keepValue(`value-${mine}`, String(mine))}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

if (process.argv[1]?.endsWith('kept-child.ts')) {
  main().catch((error: Error) => {
    process.stdout.write(`failed ${error.name} ${error.message}\n`);
    process.exitCode = 1;
  });
}
