// Content hashes: what has not changed is not made again.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'cdktf.out', '.git']);

/** Every file under the given files and folders, sorted; what is missing is left out. */
export function filesUnder(entries, accept = () => true) {
  const found = [];
  const visit = (entry) => {
    let stat;
    try {
      stat = statSync(entry);
    } catch {
      return;
    }
    if (stat.isDirectory()) {
      if (SKIPPED.has(path.basename(entry))) return;
      for (const name of readdirSync(entry)) visit(path.join(entry, name));
    } else if (accept(entry)) {
      found.push(entry);
    }
  };
  for (const entry of entries) visit(entry);
  return found.sort();
}

/** One hash over names and contents. `salt` carries what else decides the result (a version, a recipe). */
export function hashFiles(root, files, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of files) hash.update(`\0${path.relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** A short hash of any text. */
export function hashText(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Reads a stamp left by `writeStamp`; '' when there is none. */
export function readStamp(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Notes the hash from which something was made. */
export function writeStamp(file, hash) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${hash}\n`);
}
