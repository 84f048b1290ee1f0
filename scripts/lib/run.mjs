// Starting other programs.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** A program that ended badly. Carries what it printed when that was captured. */
export class CommandFailed extends Error {
  constructor(command, args, code, output) {
    const tail = output ? `\n${output.trimEnd().split('\n').slice(-40).join('\n')}` : '';
    super(`${[command, ...args].join(' ')} ended with ${code}${tail}`);
    this.code = code;
    this.output = output;
  }
}

/**
 * Runs a program to its end and gives what it printed (stdout, then stderr interleaved).
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: Record<string,string|undefined>, show?: boolean, input?: import('node:stream').Readable}} [options]
 *   `show`: print through instead of capturing.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => (code === 0 ? resolve(output) : reject(new CommandFailed(command, args, signal ?? code, output))));
  });
}

/** The standard output of a short program, or undefined when it is missing or fails. */
export function ask(command, args, options = {}) {
  const answer = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000, ...options, env: { ...process.env, ...options.env } });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

/** Where a program is, looked for in PATH and in the system folders that an ordinary PATH may lack. */
export function which(program) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    if (!folder) continue;
    const file = path.join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}
