/** `mqttgw hand-over`: the process of the hand-over container. */
import type { Command } from 'commander';
import { hashOfFolder, readAccess, readHandOver } from '../hand-over/documents';
import { Generation } from '../hand-over/generation';
import { keepTrying } from '../hand-over/keep-trying';
import { answerLine } from '../hand-over/run';
import type { Answer } from '../hand-over/take-in';
import { createLogger } from '../logging';
import { openForHandOver } from '../open-store';
import { ReadyFile } from '../ready-file';
import { UserError } from '../user-error';
import { untilStopped, type CliContext } from './context';

/** Less than a deploy waits for the container (180 s). */
const PATIENCE_MS = 150_000;

interface Options { readonly dir: string; readonly readyFile?: string; readonly generationFile?: string }

export function addHandOver(program: Command, context: CliContext): void {
  program.command('hand-over')
    .description('Take declared documents into the store and stay up, as the hand-over container does.')
    .requiredOption('--dir <folder>', 'folder with store.json and storage.json and/or instance.json + secrets.json; control.json instead of store.json for direct push')
    .option('--ready-file <file>', 'file that is touched while there is an answer')
    .option('--generation-file <file>', 'file that tells this hand-over, when it is started again, from a newer one')
    .addHelpText('after', `
The last line of its log is \`ACCEPTED <hash>\` or \`REFUSED <hash>: <why>\`. While the store is away it tries again, and
after a refusal too: once the cause is mended the last line changes. Where a newer hand-over was accepted it writes nothing.

Example:
  mqttgw hand-over --dir /etc/mqttgw --ready-file /tmp/mqttgw-ready --generation-file /tmp/mqttgw-generation`)
    .action(async (options: Options) => handOver(options, context));
}

async function handOver({ dir, readyFile, generationFile }: Options, { stdout }: CliContext): Promise<void> {
  let answered = false;
  const ready = new ReadyFile(readyFile, () => answered);
  const { stopped, dispose } = untilStopped();
  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  ready.start();
  try {
    await answerTo({ dir, generationFile }, stdout, abort.signal, (answer) => {
      // written to the same stream as the log, so that it is the last line for every reader
      stdout.write(`${answerLine(answer)}\n`);
      answered = true;
      ready.update();
    });
    // an unanswered promise does not keep Node running
    const alive = setInterval(() => undefined, 60_000);
    await stopped;
    clearInterval(alive);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    ready.stop();
    dispose();
  }
}

/** Documents that cannot be read are an answer too, and a final one: trying again would read the same. */
async function answerTo({ dir, generationFile }: Pick<Options, 'dir' | 'generationFile'>, stream: NodeJS.WritableStream, signal: AbortSignal, onAnswer: (answer: Answer) => void): Promise<void> {
  const logger = createLogger({ level: 'info', format: 'json', stream, fields: { role: 'hand-over' } });
  let sealingKey = '';
  try {
    const access = readAccess(dir);
    sealingKey = access.sealingKey;
    const handOver = readHandOver(dir, access.sealingKey, access.kind);
    await keepTrying({
      ...handOver, sealingKey, logger, signal, patienceMs: PATIENCE_MS, generation: new Generation(generationFile),
      openStore: () => openForHandOver(access, handOver.storageId, logger),
      onAnswer: (answer) => {
        logger.level = 'silent'; // whatever comes of trying on, the answer stays the last line
        onAnswer(answer);
      },
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onAnswer({ accepted: false, hash: hashOfFolder(dir, sealingKey), sentence: error.message });
  }
}
