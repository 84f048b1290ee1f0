/** What the service of tokens and device credentials refuses, in the codes of the control API. */
import { CredentialsError, type Asker, type CredentialsErrorCode } from '../auth/credentials-service';
import type { Caller } from './context';
import { ProblemError, type ProblemCode } from './problem';

const ALIKE = { forbidden: 'account-denied', conflict: 'credential-contended' } as const;

/** `codes`: what the service means by its general codes depends on what it was asked. */
export async function told<T>(codes: { readonly [code in Exclude<CredentialsErrorCode, keyof typeof ALIKE>]?: ProblemCode }, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    const code = { ...ALIKE, ...codes }[error.code];
    if (code === undefined) throw error;
    throw new ProblemError(code, code === 'credential-contended' ? { retryAfter: 1 } : {}, error.message);
  }
}

/** A key of the main account administers what every account has. */
export function askerOf({ main, account }: Caller): Asker {
  return main ? null : account;
}
