/** What a command gets from its surroundings, so that tests can run commands in this process. */
import { InvalidArgumentError } from 'commander';
import { MAX_WORKERS } from '../../../lib/rules/editions';

export interface CliContext {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean };
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What the process ends with when the command returns. */
  exitCode: number;
}

/** An option's whole number within bounds. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`allowed is a whole number from ${minimum} to ${maximum}.`);
  };
}

/** 0 and `auto` mean the same: one a core. */
export function workers(text: string): number | 'auto' {
  return text === 'auto' ? text : wholeNumber(0, MAX_WORKERS)(text);
}

export function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('allowed is a number of seconds above 0, at most 86400.');
}

/** One Ctrl-C may arrive twice, from the terminal and from a program in between. */
const SAME_SIGNAL_MS = 1_000;

/** Resolves at the first SIGINT or SIGTERM. One that comes later ends the process at once: somebody is in a hurry. */
export function untilStopped(): { readonly stopped: Promise<NodeJS.Signals>; dispose(): void } {
  let handler: (signal: NodeJS.Signals) => void = () => undefined;
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    let asked = 0;
    handler = (signal) => {
      if (asked > 0 && Date.now() - asked > SAME_SIGNAL_MS) process.exit(130);
      asked ||= Date.now();
      resolve(signal);
    };
    process.on('SIGINT', handler).on('SIGTERM', handler);
  });
  return { stopped, dispose: () => void process.off('SIGINT', handler).off('SIGTERM', handler) };
}
