/** Turns pino's JSON lines into lines for a person: `10:15:04 warn  message key=value`. */
import type { DestinationStream } from 'pino';

export function readableStream(out: NodeJS.WritableStream): DestinationStream {
  return { write: (line: string) => void out.write(`${readableLine(line)}\n`) };
}

export function readableLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line.trimEnd();
  }
  const { level, time, msg, err, ...rest } = entry;
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`);
  const reason = err && typeof err === 'object' ? [`error=${shown((err as { message?: unknown }).message)}`] : [];
  return printable([String(time).slice(11, 19), String(level).padEnd(5), String(msg ?? ''), ...fields, ...reason].join(' '));
}

function shown(value: unknown): string {
  // an object is its own quotation; quoting it again would escape every quote in it
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[\w@./:-]+$/.test(value) ? value : JSON.stringify(value);
}

/** A client chooses its Client ID: a control character in it must not reach a person's terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
