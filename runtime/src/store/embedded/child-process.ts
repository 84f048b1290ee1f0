/** Starts `child-appender.ts` for the tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

const CHILD = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'child-appender.ts');

export interface Child {
  /** What it has written so far. */
  readonly lines: string[];
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
}

/** `shell`: commands that run first in the shell that becomes the child. */
export function startChild(args: readonly string[], shell?: string): Child {
  const command = [process.execPath, '--import', 'tsx', CHILD, ...args];
  const started = shell === undefined
    ? spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
    : spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  let rest = '';
  started.stdout!.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
  });
  return { lines, process: started, ended: new Promise((resolve) => started.on('close', resolve)) };
}

/** Ids that the child said were acknowledged. */
export function acknowledged(lines: readonly string[]): number[] {
  return lines.filter((line) => /^[\d ]+$/.test(line)).flatMap((line) => line.split(' ').map(Number));
}
