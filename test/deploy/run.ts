/** Starts programs and keeps what they print. */
import { spawn } from 'node:child_process';
import { deployEnvironment } from '../setup/environment';

export interface Result {
  readonly code: number;
  /** Both streams, in the order they came. */
  readonly text: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Never rejects for an exit code; rejects when the program cannot start or does not end in time. */
export function attempt(program: string, args: readonly string[], { cwd, env, input, timeoutMs = 600_000 }: RunOptions = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: deployEnvironment({ FORCE_COLOR: '0', NO_COLOR: '1', CI: 'true', TF_INPUT: '0', ...env }), stdio: 'pipe' });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${program} ${args.join(' ')} did not end within ${timeoutMs / 1000} s:\n${text.slice(-4000)}`));
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, text });
    });
  });
}

/** Rejects with what was printed when the exit code is not 0. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, text } = await attempt(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${text.slice(-8000)}`);
  return text;
}

export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { timeoutMs: 120_000 })).trim();
}
