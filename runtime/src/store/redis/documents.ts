import type { Documents } from '../contract';

const FIELDS = ['storage', 'instance', 'sealedSecrets', 'boundTo', 'acceptedHash', 'handOver'] as const;
/** Absent in documents of earlier versions. */
const LATER = ['made', 'declaredSince'] as const;

/** Field and value in turn, as the hash `docs` holds them. */
export function encodeDocuments(documents: Omit<Documents, 'revision'>): string[] {
  return [...FIELDS, ...LATER].flatMap((field) => [field, JSON.stringify(documents[field] ?? null)]);
}

export function decodeDocuments(flat: readonly Buffer[]): Documents {
  const values = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) values.set(flat[i]!.toString(), flat[i + 1]!.toString());
  const valueOf = (field: string): unknown => JSON.parse(values.get(field) ?? 'null');
  const later = LATER.map((field) => [field, valueOf(field)] as const).filter(([, value]) => value !== null);
  const read = Object.fromEntries(FIELDS.map((field) => [field, valueOf(field)]));
  return { ...read, ...Object.fromEntries(later), revision: Number(values.get('revision') ?? 0) } as unknown as Documents;
}
