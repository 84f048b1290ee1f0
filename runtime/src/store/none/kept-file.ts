/**
 * The little that outlives a gateway with direct push: what was handed over, named values such as the development
 * certificate, and named records such as revoked tokens. Secrets in it are sealed by the caller.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Documents } from '../contract';
import { StoreConfigurationError } from '../errors';
import type { KeptRecords } from './named-records';

const VERSION = 1;

export interface Kept {
  readonly documents: Documents;
  readonly values: { readonly [name: string]: string };
  /** Absent in files of earlier versions. */
  readonly records?: KeptRecords;
}

export class KeptFile {
  constructor(private readonly file: string) {}

  /** undefined: nothing was kept yet. */
  read(): Kept | undefined {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw this.unusable(`it cannot be read (${code})`);
    }
    const kept = parse(text);
    if (kept?.version !== VERSION) throw this.unusable(kept ? `it has version ${String(kept.version)}, this gateway reads ${VERSION}` : 'it is not valid JSON');
    return kept as unknown as Kept;
  }

  /** Flushed and renamed into place: a crash leaves the old file or the new one. */
  write(kept: Kept): void {
    try {
      mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
      const temporary = `${this.file}.new`;
      const descriptor = openSync(temporary, 'w', 0o600);
      try {
        writeSync(descriptor, JSON.stringify({ version: VERSION, ...kept }));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, this.file);
    } catch (error) {
      throw new StoreConfigurationError(`what was handed over cannot be kept in ${this.file}: ${(error as Error).message}; give this process a folder in which it may write`);
    }
  }

  private unusable(reason: string): StoreConfigurationError {
    return new StoreConfigurationError(`${this.file} keeps what was handed over, but ${reason}; remove the file and hand the declaration over again`);
  }
}

function parse(text: string): { readonly version?: unknown } | undefined {
  try {
    return JSON.parse(text) as { version?: unknown };
  } catch {
    return undefined;
  }
}
