import type { PutNamedRecord } from '../contract';
import { RecordsExceededError } from '../errors';

export function recordsExceeded(kind: string, { name, most }: NonNullable<PutNamedRecord['owner']>): RecordsExceededError {
  return new RecordsExceededError(`"${name}" has as many records of the kind ${kind} as it may: ${most}`);
}
