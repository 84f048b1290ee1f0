/** `mqttgw apply`: one hand-over by hand, which ends with its answer. */
import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAccess, readHandOver, readStoreAccess } from '../hand-over/documents';
import { answerLine, runHandOver } from '../hand-over/run';
import { createLogger } from '../logging';
import { openForHandOver } from '../open-store';
import { StoreUnavailableError } from '../store/errors';
import { EXIT, UserError } from '../user-error';
import { seconds, type CliContext } from './context';

interface Options { readonly dir: string; readonly store?: string; readonly timeout: number }

export function addApply(program: Command, context: CliContext): void {
  program.command('apply')
    .description('Take declared documents into a store once, and say whether they were accepted.')
    .requiredOption('--dir <folder>', 'folder with storage.json and/or instance.json + secrets.json')
    .option('--store <file>', 'store access document (default: store.json in that folder)')
    .option('--timeout <seconds>', 'how long to wait for a store that is away', seconds, 30)
    .addHelpText('after', `
Ends with 0 when accepted, 1 when refused, 3 when the store cannot be reached in time.

Examples:
  mqttgw apply --dir ./documents
  mqttgw apply --dir ./documents --store ./store.json --timeout 60`)
    .action(async (options: Options) => apply(options, context));
}

async function apply({ dir, store, timeout }: Options, context: CliContext): Promise<void> {
  const access = store === undefined ? readAccess(dir) : readStoreAccess(store);
  const handOver = readHandOver(dir, access.sealingKey, access.kind);
  const logger = createLogger({ level: 'warn', stream: context.stderr });
  const abort = new AbortController();
  const done = new AbortController();
  void sleep(timeout * 1_000, undefined, { signal: done.signal }).then(() => abort.abort(), () => undefined);
  try {
    const answer = await runHandOver({
      ...handOver, sealingKey: access.sealingKey, logger, signal: abort.signal,
      openStore: () => openForHandOver(access, handOver.storageId, logger),
    });
    context.stdout.write(`${answerLine(answer)}\n`);
    context.exitCode = answer.accepted ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const why = error instanceof StoreUnavailableError ? error.message : `the store at ${access.url} could not be reached`;
    throw new UserError(`${why}; tried for ${timeout} s: is it running, and may this machine reach it? to wait longer: --timeout`, EXIT.unreachable);
  } finally {
    done.abort();
  }
}
