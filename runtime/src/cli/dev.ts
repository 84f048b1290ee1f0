/** `mqttgw dev`: runs a synthesized stack in this process, on the embedded store, without Docker. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { LOG_LEVELS, type GatewayConfig } from '../config/gateway-config';
import type { InstanceRecord } from '../../../lib/manifest/manifest';
import { banner } from '../dev/banner';
import { writeDevelopmentCertificate } from '../dev/certificate-file';
import { DataFolder } from '../dev/data-folder';
import { lockFolder } from '../dev/folder-lock';
import { checkPorts } from '../dev/ports';
import { PORT_NAMES, prepare, type PortName } from '../dev/prepare';
import { findInstance } from '../dev/stacks';
import { checkStoreUrl } from '../../../lib/rules/store-url';
import { hashOfIncoming } from '../hand-over/documents';
import { runHandOver } from '../hand-over/run';
import { createLogger, type Logger } from '../logging';
import { makeStore, opened, type RemoteAddress, type StoreSpec } from '../open-store';
import type { Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { EXIT, UserError } from '../user-error';
import { runGateway } from '../workers/run-gateway';
import { seconds, untilStopped, wholeNumber, workers, type CliContext } from './context';

interface Options {
  readonly synth: string;
  readonly stack?: string;
  readonly instance?: string;
  readonly data: string;
  readonly store?: string;
  readonly open?: boolean;
  readonly portOffset: number;
  readonly port?: { readonly [K in PortName]?: number };
  readonly workers: number | 'auto';
  readonly logLevel: GatewayConfig['logLevel'];
  readonly timeout: number;
}

export function addDev(program: Command, context: CliContext): void {
  program.command('dev')
    .description('Run a synthesized stack on this machine without Docker: the same gateway on an embedded store.')
    .option('--synth <folder>', 'output of `cdktf synth`', 'cdktf.out')
    .option('--stack <name>', 'stack, where there are several')
    .option('--instance <id>', 'MQTT instance, where there are several')
    .option('--data <folder>', 'where data and generated secrets are kept', '.mqttgw')
    .option('--store <url>', 'use this Redis instead of the embedded store: redis://[user:password@]host:port')
    .option('--open', 'accept any Client ID and topic, without credentials (this machine only)')
    .option('--port-offset <n>', 'add this to every declared port', wholeNumber(0, 60_000), 0)
    .option('--port <listener=port>', `port of one listener: ${PORT_NAMES.join(', ')}; may be repeated`, addPort)
    .option('--workers <n>', 'processes that share the ports; auto: one a core', workers, 1)
    .option('--timeout <seconds>', 'how long a start may wait for the store of --store', seconds, 30)
    .addOption(new Option('--log-level <level>', 'what the log on standard error tells: warn tells refusals, info connections too').choices([...LOG_LEVELS]).default('warn'))
    .addHelpText('after', `
Run \`npx cdktf synth\` first, in the same folder. It listens on loopback whatever the stack declares. Terraform variables
are taken from TF_VAR_<name>, else from their default. Data survives a restart; delete the data folder to start anew.
Secrets that a deploy would generate are in state.json of the data folder; \`mqttgw sign --data <folder>\` signs with them.

Examples:
  mqttgw dev
  mqttgw dev --data /tmp/mqttgw --port-offset 20000
  mqttgw dev --open --store redis://127.0.0.1:6379`)
    .action(async (options: Options) => dev(options, context));
}

async function dev(options: Options, context: CliContext): Promise<void> {
  const started = performance.now();
  const address = options.store === undefined ? undefined : splitUrl(options.store);
  const { record, storage } = findInstance({ ...options, synthDir: path.resolve(context.cwd, options.synth) }, context.env);
  const folder = new DataFolder(path.resolve(context.cwd, options.data));
  const { stopped, dispose } = untilStopped();
  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const lock = await lockFolder(folder.path);
  const logger = createLogger({ level: options.logLevel, stream: context.stderr });
  const { signal } = abort;
  let late = false;
  const patience = setTimeout(() => { late = true; abort.abort(); }, options.timeout * 1_000);
  try {
    const kept = folder.keep(record);
    const { incoming, config: prepared } = prepare(record, storage, kept, { ...options, open: options.open === true, ports: options.port ?? {} });
    const config = { ...prepared, workers: options.workers };
    await checkPorts(config.listeners, { portOffset: options.portOffset, ports: options.port ?? {} });
    const { storageId } = config;
    const store = storeFor(record, address, folder);
    await handOver(() => makeStore(store, storageId, logger), { incoming, storageId, sealingKey: kept.sealingKey }, { logger, signal });
    const gateway = await runGateway({ config, store, sealingKey: kept.sealingKey, logger, log: { stream: 'stderr', format: 'auto' }, signal });
    clearTimeout(patience);
    const secured = gateway.listeners.tls ?? gateway.listeners.websocketTls;
    const certificateFile = secured && await writeDevelopmentCertificate(folder.path, secured);
    context.stdout.write(banner({
      ...incoming, accessKeySecrets: kept.accessKeySecrets, consoleUserPasswords: kept.consoleUserPasswords, listeners: gateway.listeners, certificateFingerprint: gateway.certificateFingerprint,
      certificateFile: certificateFile && shortPath(certificateFile, context.cwd), logLevel: options.logLevel,
      generatedKeys: notGiven(record.accessKeySecrets), generatedPasswords: notGiven(record.consoleUserPasswords ?? {}),
      dataFolder: shortPath(folder.path, context.cwd), storeName: options.store === undefined ? 'embedded' : 'redis',
      program: programName(context.cwd), milliseconds: performance.now() - started,
    }));
    await stopped;
    context.stdout.write('\nstopping: connections finish what is in flight …\n');
    await gateway.stop();
    context.stdout.write('stopped\n');
  } catch (error) {
    if (late && !(error instanceof UserError)) throw new UserError(tooLate(options, error), EXIT.unreachable);
    if (!abort.signal.aborted || error instanceof UserError) throw error;
    throw new UserError('stopped before it was running', EXIT.failed);
  } finally {
    clearTimeout(patience);
    await lock.release();
    dispose();
  }
}

/** What a deploy would generate, and this folder keeps. */
function notGiven(secrets: { readonly [name: string]: string | null }): string[] {
  return Object.keys(secrets).filter((name) => secrets[name] === null);
}

function storeFor({ manifest: { instanceId, binding } }: InstanceRecord, address: RemoteAddress | undefined, folder: DataFolder): StoreSpec {
  if (binding) return address === undefined ? { kind: 'embedded', folder: folder.storeFolder(binding.storageId) } : { kind: 'remote', address };
  if (address === undefined) return { kind: 'none', file: folder.directPushFile(instanceId) };
  throw new UserError(`MQTT instance "${instanceId}" declares direct push, which stores nothing (B6), so --store has no meaning here; leave it out`, EXIT.usage);
}

function tooLate({ store, timeout }: Options, error: unknown): string {
  const place = store === undefined ? 'the embedded store' : `the store at ${splitUrl(store).url}`;
  const why = error instanceof StoreUnavailableError ? error.message : `${place} could not be used`;
  return `${why}; tried for ${timeout} s: is it running, and may this machine reach it? to wait longer: --timeout`;
}

async function handOver(
  newStore: () => Promise<Store>,
  documents: { incoming: Parameters<typeof hashOfIncoming>[0]; storageId: string; sealingKey: string },
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  const answer = await runHandOver({
    ...documents, logger, signal, hash: hashOfIncoming(documents.incoming, documents.sealingKey),
    openStore: async () => opened(await newStore()),
  });
  if (!answer.accepted) throw new UserError(`${answer.storeUnusable ? 'the store cannot be used' : 'the declaration was refused'}: ${answer.sentence}`);
}

function addPort(text: string, ports: { [name: string]: number } = {}): { [name: string]: number } {
  const [, name = '', port = ''] = /^(\w+)=(\d+)$/.exec(text) ?? [];
  if (!(PORT_NAMES as readonly string[]).includes(name) || Number(port) > 65_535) {
    throw new InvalidArgumentError(`allowed is <listener>=<port> with a listener of ${PORT_NAMES.join(', ')} and a port from 0 (any) to 65535.`);
  }
  return { ...ports, [name]: Number(port) };
}

/** User and password leave the URL here, so that it can be shown. */
function splitUrl(text: string): { url: string; username: string | null; password: string | null } {
  try {
    const url = new URL(text);
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    url.username = '';
    url.password = '';
    // clients of Redis would take more of it for settings, a password among them
    if (checkStoreUrl(url.href).length === 0) return { url: url.href, username: username || null, password: password || null };
  } catch {
    // said below, without repeating what may hold a password
  }
  throw new UserError('--store takes redis://host:port or rediss://host:port, with user and password before the host when needed, their special characters as in any URL (%40 for @)', EXIT.usage);
}

/** `npx` finds the program from any folder of the project; elsewhere the file itself is named. */
function programName(cwd: string): string {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'node_modules', '.bin', 'mqttgw'))) return 'npx mqttgw';
    if (folder === path.dirname(folder)) return `node ${path.relative(cwd, process.argv[1] ?? 'mqttgw')}`;
  }
}

function shortPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') ? file : relative || '.';
}
