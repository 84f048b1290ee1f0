/** Structured logs: one JSON object a line, or a readable line when a person watches. Nothing secret is ever given to a logger. */
import pino, { type DestinationStream, type Logger } from 'pino';
import { readableStream } from './log-format';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: string;
  /** `auto`: readable when the stream is a terminal. */
  readonly format?: 'json' | 'readable' | 'auto';
  readonly stream?: NodeJS.WritableStream & { isTTY?: boolean };
  readonly fields?: { readonly [name: string]: unknown };
}

/** A second line of defence: should a secret be passed by mistake, these names are not written. */
const REDACTED = ['password', 'secret', 'sealingKey', 'privateKey', '*.password', '*.secret', '*.sealingKey', '*.privateKey'];

export function createLogger({ level, format = 'auto', stream = process.stderr, fields }: LoggingOptions): Logger {
  const readable = format === 'readable' || (format === 'auto' && stream.isTTY === true);
  const destination: DestinationStream = readable ? readableStream(stream) : stream;
  return pino({
    level,
    base: fields ?? null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[secret]' },
  }, destination);
}
