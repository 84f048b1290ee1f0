/** The console's files, as `npm run build` made them: read once, served as they are, also compressed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the bundle; from the sources, where the build puts both. */
const PLACES = ['console', '../../dist/console'].map((place) => fileURLToPath(new URL(place, import.meta.url)));

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8', '.json': 'application/json', '.png': 'image/png', '.woff2': 'font/woff2',
};

export const ENCODINGS = ['br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];
const SUFFIXES: { readonly [K in Encoding]: string } = { br: '.br', gzip: '.gz' };

export interface ConsoleFile {
  readonly type: string;
  /** Its name changes with its contents. */
  readonly hashed: boolean;
  readonly etag: string;
  readonly plain: Buffer;
  readonly compressed: { readonly [K in Encoding]?: Buffer };
}

/** By path below `/console/`. A path that is none of these is no file, whatever it looks like. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

export const PAGE = 'index.html';

let read: ConsoleFiles | undefined;

/** Empty: it was not built. */
export function consoleFiles(): ConsoleFiles {
  return read ??= readConsoleFiles(PLACES.find((place) => existsSync(path.join(place, PAGE))));
}

export function readConsoleFiles(folder: string | undefined): ConsoleFiles {
  if (folder === undefined) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(path.join(folder, name)).isFile()).map((name) => name.split(path.sep).join('/'));
  const bytesOf = (name: string): Buffer => readFileSync(path.join(folder, name));
  return new Map(names.filter((name) => path.posix.extname(name) in TYPES).map((name): [string, ConsoleFile] => {
    const plain = bytesOf(name);
    const compressed = Object.fromEntries(ENCODINGS.filter((encoding) => names.includes(name + SUFFIXES[encoding])).map((encoding) => [encoding, bytesOf(name + SUFFIXES[encoding])]));
    return [name, {
      type: TYPES[path.posix.extname(name)]!, hashed: name.startsWith('assets/'), plain, compressed,
      etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
    }];
  }));
}
