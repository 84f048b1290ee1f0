/** Entry of `mqttgw`. */
import { runCli } from './cli/program';
import { EXIT } from './user-error';

/** They outlive whoever reads what they print. */
const SERVERS: readonly (string | undefined)[] = ['serve', 'dev', 'hand-over', 'worker'];

const args = process.argv.slice(2);
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // as in `mqttgw --help | head`: nobody reads on, and nothing is wrong
    if (!SERVERS.includes(args[0])) process.exit(EXIT.ok);
  });
}
process.exitCode = await runCli(args);
