/** Reads and checks JSON files; what is wrong with one becomes a sentence for the user. */
import { readFileSync } from 'node:fs';
import { checkDocument, type Checked, type DocumentKind, type DocumentTypes } from '../manifest/check';
import { UserError } from '../user-error';

export function readDocument<K extends DocumentKind>(kind: K, file: string): DocumentTypes[K] {
  return unwrap(checkDocument(kind, readJson(file)), file);
}

/** null: there is no such file. */
export function readOptionalDocument<K extends DocumentKind>(kind: K, file: string): DocumentTypes[K] | null {
  const value = readJsonIfThere(file);
  return value === undefined ? null : unwrap(checkDocument(kind, value), file);
}

export function unwrap<T>(checked: Checked<T>, file: string): T {
  if (checked.ok) return checked.value;
  throw new UserError(`${file}: ${checked.sentence}`);
}

export function readJson(file: string): unknown {
  const value = readJsonIfThere(file);
  if (value === undefined) throw new UserError(`cannot read ${file}: there is no such file`);
  return value;
}

export function readJsonIfThere(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UserError(`cannot read ${file}: ${code === 'EACCES' ? 'this user may not read it' : message}`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // the parser's own message repeats a piece of the text, which may be a secret
    throw new UserError(`${file} is not valid JSON`);
  }
}
