import { closeSync, openSync, readSync } from 'node:fs';

/** Pages 0 and 1 of lmdb's file are its roots; each begins with this, behind the page's own header. */
const PAGE_HEADER_BYTES = 24;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const SHORTEST_PAGE = 4096;

/**
 * Says what is wrong with a data file, or undefined for a good or an empty one. lmdb maps the file into memory and ends the
 * whole process over some kinds of damage, so the roots are looked at first.
 */
export function damageOf(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error).message;
  }
  try {
    const root = Buffer.alloc(SHORTEST_PAGE * 2);
    const length = readSync(descriptor, root, 0, root.length, 0);
    if (length === 0) return undefined;
    if (length < root.length) return `it is only ${length} bytes long`;
    if (root.readUInt32LE(PAGE_HEADER_BYTES) !== MAGIC || (root.readUInt32LE(PAGE_HEADER_BYTES + 4) & 0xffff) !== VERSION) return 'it is not a data file of lmdb, or its first page is damaged';
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
