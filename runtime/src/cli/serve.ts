/** `mqttgw serve`: the process of a gateway container. */
import path from 'node:path';
import type { Command } from 'commander';
import type { GatewayConfig } from '../config/gateway-config';
import { readDocument, readJson, unwrap } from '../config/files';
import { checkGatewayConfig } from '../config/gateway-config';
import { readStoreAccess } from '../hand-over/documents';
import { createLogger } from '../logging';
import { ReadyFile } from '../ready-file';
import { EXIT, UserError } from '../user-error';
import { runGateway, type RunOptions } from '../workers/run-gateway';
import { untilStopped, workers, type CliContext } from './context';

interface Options { readonly config: string; readonly store?: string; readonly control?: string; readonly data: string; readonly readyFile?: string; readonly workers?: number | 'auto' }

export function addServe(program: Command, context: CliContext): void {
  program.command('serve')
    .description('Run a gateway, as its container does.')
    .requiredOption('--config <file>', 'gateway configuration (JSON)')
    .option('--store <file>', 'store access document (JSON)')
    .option('--control <file>', 'control access document (JSON): direct push, without a store')
    .option('--data <folder>', 'where direct push keeps what was handed over', '/var/lib/mqttgw')
    .option('--ready-file <file>', 'file that is touched every few seconds while the gateway is ready, and removed when it is not')
    .option('--workers <n>', 'processes that share the ports; auto: one a core (default: as the configuration says)', workers)
    .addHelpText('after', `
Topics, groups and keys come from the store, where the hand-over put them, and are followed while clients stay connected.
With --control they are handed over through the HTTP port, and kept for the next start.
SIGTERM drains and ends with 0. A store that belongs to another instance ends it with 1.

Example:
  mqttgw serve --config /etc/mqttgw/gateway.json --store /etc/mqttgw/store.json --ready-file /tmp/mqttgw-ready`)
    .action(async (options: Options) => serve(options, context));
}

async function serve({ config: configFile, readyFile, workers: asked, ...place }: Options, { stdout }: CliContext): Promise<void> {
  const configured = unwrap(checkGatewayConfig(readJson(configFile)), configFile);
  const config = asked === undefined ? configured : { ...configured, workers: asked };
  const { store, ...access } = placeOf(place, config);
  const log = { stream: 'stdout', format: 'json', fields: { instance: config.instanceId, replica: config.replica, revision: config.revision } } as const;
  const logger = createLogger({ ...log, level: config.logLevel, stream: stdout });
  const { stopped, dispose } = untilStopped();
  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  let ready = false;
  const readiness = new ReadyFile(readyFile, () => ready);
  readiness.start();
  try {
    const gateway = await runGateway({
      config, logger, log, store, ...access, signal: abort.signal,
      onReady: (now) => {
        ready = now;
        readiness.update();
      },
    });
    const signal = await stopped;
    logger.info({ signal, drainSeconds: config.drainSeconds }, 'stopping');
    await gateway.stop();
    logger.info('stopped');
  } catch (error) {
    if (!abort.signal.aborted || error instanceof UserError) throw error;
  } finally {
    readiness.stop();
    dispose();
  }
}

/** Where the documents stand and messages go: a store, or this process alone. */
function placeOf(
  { store, control, data }: Pick<Options, 'store' | 'control' | 'data'>, { instanceId }: GatewayConfig,
): Pick<RunOptions, 'store' | 'sealingKey' | 'controlToken'> {
  if (store !== undefined && control === undefined) {
    const { url, username, password, sealingKey } = readStoreAccess(store);
    return { store: { kind: 'remote', address: { url, username, password } }, sealingKey };
  }
  if (control !== undefined && store === undefined) {
    const { token, sealingKey } = readDocument('control', control);
    return { store: { kind: 'none', file: path.join(data, `${instanceId}.json`) }, sealingKey, controlToken: token };
  }
  throw new UserError('serve takes either --store or --control', EXIT.usage);
}
