/** What a rule answers when a value breaks it. One form for the library (at synth) and the gateway (at take-in). */
export interface Finding {
  /** Rule id, such as `N2`. */
  readonly rule: string;
  /** What was judged, such as `parent topic name`. */
  readonly subject: string;
  /** What was found there; never a secret. */
  readonly got: string;
  readonly allowed: string;
  readonly fix: string;
}

/** The one sentence format. */
export function sentence({ rule, subject, got, allowed, fix }: Finding): string {
  return `${rule}: ${subject}: got ${got}; allowed: ${allowed}; fix: ${fix}`;
}

/**
 * Says that a value cannot be judged yet. At synth that is an unresolved Terraform token (N5); when a document is taken in
 * every value is known.
 */
export type Unknown = (value: unknown) => boolean;

export const allKnown: Unknown = () => false;

/** A value as a finding shows it: quoted, cut where it would flood the message. */
export function show(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(value);
  return text.length > 90 ? `${text.slice(0, 87)}…"` : text;
}
