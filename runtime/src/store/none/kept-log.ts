/**
 * The file of what outlives a gateway with direct push: a log. A line is a checksum and JSON: first the version, then changes,
 * those of one commit in one line, so that a commit is there as a whole or not at all. Secrets in it are sealed by the caller.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, rename, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Documents } from '../contract';
import { StoreConfigurationError } from '../errors';
import type { Change, KeptRecord, KeptState } from './kept-state';

const VERSION = 2;
/** Of the JSON document that earlier gateways wrote anew with every change. */
const DOCUMENT_VERSION = 1;
/** So much of a file may be superseded, however little stands in it. */
const SLACK_BYTES = 64 * 1024;
/** When everything is written, so much goes into a line. */
const LINE_CHANGES = 200;

export class KeptLog {
  /** undefined: what is written next replaces the file. */
  private handle: FileHandle | undefined;
  private bytes = 0;

  constructor(private readonly file: string) {}

  /** undefined: nothing was kept yet. */
  read(): readonly Change[] | undefined {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw this.unusable(`it cannot be read (${code})`);
    }
    return text.startsWith('{') ? this.readDocument(text) : this.readLines(text.split('\n'));
  }

  /** Resolves when the disk has them; after an error they are not there. `before`: what stands without them. */
  async append(changes: readonly Change[], before: KeptState): Promise<void> {
    const line = lineOf(changes);
    try {
      if (this.handle === undefined || this.bytes > 2 * before.bytes + SLACK_BYTES || !await this.isInPlace(this.handle)) await this.replace([...linesOf(before), line]);
      else await this.extend(this.handle, line);
    } catch (error) {
      throw new StoreConfigurationError(`what was handed over cannot be kept in ${this.file}: ${(error as Error).message}; give this process a folder in which it may write`);
    }
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  private async extend(handle: FileHandle, line: string): Promise<void> {
    try {
      await handle.appendFile(line);
      await handle.datasync();
      this.bytes += Buffer.byteLength(line);
    } catch (error) {
      // what the file holds now is not known: the next commit replaces it
      await handle.truncate(this.bytes).catch(() => undefined);
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  /** Flushed and renamed into place: a crash leaves the old file or the new one. */
  private async replace(lines: readonly string[]): Promise<void> {
    await this.close();
    const folder = path.dirname(this.file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.file}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      const text = lines.join('');
      await handle.appendFile(text);
      await handle.sync();
      await rename(temporary, this.file);
      await flushFolder(folder);
      this.handle = handle;
      this.bytes = Buffer.byteLength(text);
    } finally {
      if (this.handle !== handle) await handle.close();
    }
  }

  /** Somebody may have removed the file, or put another one there. */
  private async isInPlace(handle: FileHandle): Promise<boolean> {
    const [ours, found] = await Promise.all([handle.stat(), stat(this.file).catch(() => undefined)]);
    return found !== undefined && found.ino === ours.ino && found.dev === ours.dev;
  }

  private readLines(lines: readonly string[]): Change[] {
    const version = parsed(lines[0] ?? '') as { readonly version?: unknown } | undefined;
    if (version?.version !== VERSION) throw this.unusable(version === undefined ? 'it is neither a log nor valid JSON' : `it has version ${String(version.version)}, this gateway reads ${VERSION}`);
    const changes: Change[] = [];
    // behind the last line end stands nothing, or what a crash left of a commit that nobody was told of
    const last = lines.length - 1;
    for (let at = 1; at < last; at++) {
      const commit = parsed(lines[at]!) as Change[] | undefined;
      if (commit !== undefined) changes.push(...commit);
      else if (at < last - 1 || lines[last] !== '') throw this.unusable(`line ${at + 1} of ${last} is damaged`);
    }
    return changes;
  }

  private readDocument(text: string): Change[] {
    const kept = json(text) as KeptDocument | undefined;
    if (kept?.version !== DOCUMENT_VERSION) throw this.unusable(kept ? `it has version ${String(kept.version)}, this gateway reads ${DOCUMENT_VERSION}` : 'it is not valid JSON');
    return [
      { documents: kept.documents }, ...Object.entries(kept.values).map((value): Change => ({ value })),
      ...Object.entries(kept.records ?? {}).flatMap(([kind, { revision, records }]): Change[] => [{ kind, revision }, ...records.map((record) => ({ kind, revision, record }))]),
    ];
  }

  private unusable(reason: string): StoreConfigurationError {
    return new StoreConfigurationError(`${this.file} keeps what was handed over, but ${reason}; put a backup in its place, or remove the file and hand the declaration over again`);
  }
}

/** What earlier gateways wrote. */
interface KeptDocument {
  readonly version: unknown;
  readonly documents: Documents;
  readonly values: { readonly [name: string]: string };
  readonly records?: { readonly [kind: string]: { readonly revision: number; readonly records: readonly KeptRecord[] } };
}

function* linesOf(state: KeptState): Generator<string, void> {
  yield lineOf({ version: VERSION });
  let changes: Change[] = [];
  for (const change of state.changes()) {
    changes.push(change);
    if (changes.length < LINE_CHANGES) continue;
    yield lineOf(changes);
    changes = [];
  }
  yield lineOf(changes);
}

function lineOf(content: unknown): string {
  const text = JSON.stringify(content);
  return `${checksum(text)} ${text}\n`;
}

/** undefined: not as it was written. */
function parsed(line: string): unknown {
  const text = line.slice(line.indexOf(' ') + 1);
  return line === `${checksum(text)} ${text}` ? json(text) : undefined;
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A renamed file is there after a loss of power only when its folder was flushed too. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
