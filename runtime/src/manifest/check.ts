/** Checks a document read from a file or the store against its schema, and says what is wrong in words. */
import { Kind, OptionalKind, type TSchema } from '@sinclair/typebox';
import { Value, type ValueError } from '@sinclair/typebox/value';
import {
  MANIFEST_VERSION, type ControlAccess, type InstanceManifest, type InstanceSecrets, type StackRecord, type StorageManifest, type StoreAccess,
} from '../../../lib/manifest/manifest';
import {
  controlAccessSchema, instanceManifestSchema, instanceSecretsSchema, stackRecordSchema, storageManifestSchema, storeAccessSchema,
} from './schema';

export interface DocumentTypes {
  storage: StorageManifest;
  instance: InstanceManifest;
  secrets: InstanceSecrets;
  store: StoreAccess;
  control: ControlAccess;
  stack: StackRecord;
}

export type DocumentKind = keyof DocumentTypes;

/** One thing that is wrong with a document. */
export interface DocumentError {
  /** Such as `topics[3].type`; empty: the whole document. */
  readonly path: string;
  /** What stands there; of a secret only what kind of value it is. */
  readonly got: string;
  readonly allowed: string;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly DocumentError[]; readonly sentence: string };

interface Kinds { readonly schema: TSchema; readonly title: string; readonly secret: boolean }

const KINDS: { readonly [K in DocumentKind]: Kinds } = {
  storage: { schema: storageManifestSchema, title: 'storage manifest', secret: false },
  instance: { schema: instanceManifestSchema, title: 'instance manifest', secret: false },
  secrets: { schema: instanceSecretsSchema, title: 'secrets document', secret: true },
  store: { schema: storeAccessSchema, title: 'store access document', secret: true },
  control: { schema: controlAccessSchema, title: 'control access document', secret: true },
  stack: { schema: stackRecordSchema, title: 'stack record', secret: true },
};

/** More than this many errors of one document help nobody. */
const SHOWN_ERRORS = 8;

export function checkDocument<K extends DocumentKind>(kind: K, value: unknown): Checked<DocumentTypes[K]> {
  const { schema, title, secret } = KINDS[kind];
  const version = versionError(value, title);
  if (version) return { ok: false, errors: [version.error], sentence: version.sentence };
  return checkSchema<DocumentTypes[K]>(schema, value, title, secret);
}

/** The same for any other schema, such as the gateway's configuration. `secret`: no value may be shown. */
export function checkSchema<T>(schema: TSchema, value: unknown, title: string, secret = false): Checked<T> {
  if (Value.Check(schema, value)) return { ok: true, value: value as T };
  const errors: DocumentError[] = [];
  const seen = new Set<string>();
  for (const error of Value.Errors(schema, value)) {
    // one place may break several keywords; the first says enough
    if (seen.has(error.path)) continue;
    seen.add(error.path);
    errors.push({ path: readablePath(error.path), got: describeValue(error.value, secret), allowed: describeAllowed(error) });
    if (errors.length === SHOWN_ERRORS) break;
  }
  const sentences = errors.map(({ path, got, allowed }) => `${path || 'the document'} is ${got}, allowed is ${allowed}`);
  return { ok: false, errors, sentence: `${title} is not valid: ${sentences.join('; ')}` };
}

function versionError(value: unknown, title: string): { error: DocumentError; sentence: string } | undefined {
  const version = typeof value === 'object' && value !== null ? (value as { version?: unknown }).version : undefined;
  if (typeof version !== 'number' || version === MANIFEST_VERSION) return undefined;
  const fix = version > MANIFEST_VERSION
    ? 'it was made by a newer library: use a gateway image of that version'
    : 'it was made by an older library: synthesize and deploy it again with a library of this version';
  return {
    error: { path: 'version', got: String(version), allowed: String(MANIFEST_VERSION) },
    sentence: `${title} has version ${version}, this gateway reads version ${MANIFEST_VERSION}; ${fix}`,
  };
}

/** `/topics/3/type` → `topics[3].type` */
function readablePath(pointer: string): string {
  return pointer.split('/').slice(1).map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');
}

export function describeValue(value: unknown, secret: boolean): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (secret) return typeof value === 'string' ? `a text of ${value.length} characters` : `a ${typeof value}`;
  const shown = JSON.stringify(value);
  return shown.length > 80 ? `${shown.slice(0, 77)}…"` : shown;
}

function describeAllowed(error: ValueError): string {
  return describeSchema(error.schema);
}

function describeSchema(schema: TSchema): string {
  if (schema.anyOf) return (schema.anyOf as TSchema[]).map(describeSchema).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  switch (schema.type) {
    case 'integer': return describeRange('a whole number', schema);
    case 'number': return describeRange('a number', schema);
    case 'string':
      if (schema.pattern) return `a text like ${schema.pattern as string}`;
      return (schema.minLength ?? 0) > 1 ? `a text of at least ${schema.minLength as number} characters` : schema.minLength === 1 ? 'a text that is not empty' : 'a text';
    case 'boolean': return 'true or false';
    case 'array': return 'a list';
    case 'object': return 'an object';
    case 'null': return 'null';
    default: return schema[OptionalKind] ? 'nothing else' : String(schema[Kind] ?? 'another value').toLowerCase();
  }
}

function describeRange(noun: string, { minimum, maximum }: TSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `${noun} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${noun} from ${minimum}`;
  return noun;
}
