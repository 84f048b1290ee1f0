import type { Documents } from '../contract';

const FIELDS = ['storage', 'instance', 'sealedSecrets', 'boundTo', 'acceptedHash', 'handOver'] as const;

/** Field and value in turn, as the hash `docs` holds them. */
export function encodeDocuments(documents: Omit<Documents, 'revision'>): string[] {
  return [...FIELDS, 'made' as const].flatMap((field) => [field, JSON.stringify(documents[field] ?? null)]);
}

export function decodeDocuments(flat: readonly Buffer[]): Documents {
  const values = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) values.set(flat[i]!.toString(), flat[i + 1]!.toString());
  const valueOf = (field: string): unknown => JSON.parse(values.get(field) ?? 'null');
  const made = valueOf('made');
  const read = Object.fromEntries(FIELDS.map((field) => [field, valueOf(field)]));
  return { ...read, ...(made !== null && { made }), revision: Number(values.get('revision') ?? 0) } as unknown as Documents;
}
