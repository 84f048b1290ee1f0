/** Assembles the command line. One file a command; errors and exit codes are handled here, once. */
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { EXIT, UserError, type ExitCode } from '../user-error';
import { addAlarms } from './alarms';
import { addApply } from './apply';
import { addClients } from './clients';
import { addDev } from './dev';
import { addDevice } from './device';
import { addGroups } from './groups';
import { addHandOver } from './hand-over';
import { addKeys } from './keys';
import { addNotifications } from './notifications';
import { addPub } from './pub';
import { addReport } from './report';
import { addSend } from './send';
import { addServe } from './serve';
import { addSign } from './sign';
import { addStatus } from './status';
import { addStorage } from './storage';
import { addSub } from './sub';
import { addTail } from './tail';
import { addToken } from './token';
import { addTopics } from './topics';
import { addTrace } from './trace';
import { addWorker } from './worker';
import type { CliContext } from './context';

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed; the message says why
  2  wrong options or arguments
  3  the store or the gateway cannot be reached
  4  what was waited for did not come in time
  5  a port or the data folder is used by another process
  70 a fault of this program`;

export async function runCli(args: readonly string[], overrides: Partial<CliContext> = {}): Promise<number> {
  const context: CliContext = {
    stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, env: process.env, cwd: process.cwd(), exitCode: EXIT.ok, ...overrides,
  };
  const program = buildProgram(context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return report(error, context);
  }
}

export function buildProgram(context: CliContext): Command {
  const program = new Command('mqttgw')
    .description('An MQTT gateway that keeps no data of its own, and the tools around it.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(--help shows all options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'mqttgw: ')),
    });
  // the order is the order of --help: what a person runs first stands first
  for (const add of [addDev, addSign, addPub, addSub, addStatus, addTopics, addGroups, addClients, addSend, addTail, addTrace, addReport, addKeys, addToken, addDevice, addAlarms, addNotifications, addStorage, addApply, addServe, addHandOver, addWorker]) {
    add(program, context);
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

function report(error: unknown, { stderr }: CliContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UserError) {
    stderr.write(`mqttgw: ${error.message}\n`);
    return error.exitCode;
  }
  stderr.write(`mqttgw: a fault of this program, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.internal;
}
