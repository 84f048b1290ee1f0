/** `mqttgw worker`: a process that `serve` and `dev` start when they are told to use several. Nobody runs it by hand. */
import cluster from 'node:cluster';
import type { Command } from 'commander';
import { EXIT, UserError } from '../user-error';
import { runWorker } from '../workers/worker';

export function addWorker(program: Command): void {
  program.command('worker', { hidden: true })
    .description('A worker process of `serve` and `dev`; they start it themselves.')
    .action(async () => {
      if (!cluster.isWorker) throw new UserError('a worker is started by `mqttgw serve --workers <n>` or `mqttgw dev --workers <n>`, not by hand', EXIT.usage);
      await runWorker();
    });
}
