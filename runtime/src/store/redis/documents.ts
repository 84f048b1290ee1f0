import type { Documents } from '../contract';

const FIELDS = ['storage', 'instance', 'sealedSecrets', 'boundTo', 'acceptedHash', 'handOver'] as const;

/** Field and value in turn, as the hash `docs` holds them. */
export function encodeDocuments(documents: Omit<Documents, 'revision'>): string[] {
  return FIELDS.flatMap((field) => [field, JSON.stringify(documents[field])]);
}

export function decodeDocuments(flat: readonly Buffer[]): Documents {
  const values = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) values.set(flat[i]!.toString(), flat[i + 1]!.toString());
  const read = Object.fromEntries(FIELDS.map((field) => [field, JSON.parse(values.get(field) ?? 'null')]));
  return { ...read, revision: Number(values.get('revision') ?? 0) } as unknown as Documents;
}
