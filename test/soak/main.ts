/** `npm run soak`: the crash suite, long. Ends with 1 when a rule was violated. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { report } from './report';
import { run } from './run';

const HELP = `usage: npm run soak -- [--minutes 10] [--seed N] [--engine redis|embedded] [--durability always|everysec]
                    [--gateways 3] [--workers 1] [--rate 20] [--every 1200] [--runs 1] [--bundle FILE] [--keep FOLDER]

  --gateways gateways on one store; with the embedded engine workers of one gateway, because a data folder has one
  --every    mean milliseconds between two faults
  --rate     messages a second of each of the six publishers
  --runs     runs one after the other, with seeds N, N+1, …; the time is of each
  --bundle   the gateway's bundle (default: runtime/dist/mqttgw.mjs, made by "npm run build")
  --keep     where the gateways' logs and the journal are kept when a rule was violated
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' }, seed: { type: 'string' }, engine: { type: 'string', default: 'redis' },
    durability: { type: 'string', default: 'always' }, gateways: { type: 'string', default: '3' }, workers: { type: 'string', default: '1' },
    rate: { type: 'string', default: '20' }, every: { type: 'string', default: '1200' }, runs: { type: 'string', default: '1' },
    bundle: { type: 'string' }, keep: { type: 'string' }, help: { type: 'boolean', default: false },
  },
});
const number = (name: 'minutes' | 'gateways' | 'workers' | 'rate' | 'every' | 'runs'): number => {
  const value = Number(values[name]);
  if (!(value > 0)) usage(`--${name} ${values[name]} is not a number above 0`);
  return value;
};
function usage(problem: string): never {
  process.stderr.write(`${problem}\n${HELP}`);
  process.exit(2);
}
function oneOf<T extends string>(name: 'engine' | 'durability', allowed: readonly T[]): T {
  const value = values[name] as T;
  if (!allowed.includes(value)) usage(`--${name} ${value}: allowed is ${allowed.join(', ')}`);
  return value;
}

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
async function main(): Promise<void> {
  const first = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
  let violations = 0;
  for (let seed = first; seed < first + number('runs'); seed++) {
    process.stdout.write(`seed ${seed} …\n`);
    const outcome = await run({
      seed, seconds: number('minutes') * 60, engine: oneOf('engine', ['redis', 'embedded']), durability: oneOf('durability', ['always', 'everysec']),
      gateways: number('gateways'), workers: number('workers'), rate: number('rate'), everyMs: number('every'), bundle: values.bundle ?? null,
      progress: (line) => process.stderr.write(`  ${line}\n`),
    });
    process.stdout.write(`${report(outcome)}\n`);
    violations += outcome.violations.length;
    if (values.keep !== undefined && outcome.violations.length > 0) {
      mkdirSync(values.keep, { recursive: true });
      for (const { name, log } of outcome.gatewayLogs) writeFileSync(path.join(values.keep, `${seed} ${name}.log`), log);
      writeFileSync(path.join(values.keep, `${seed} journal.txt`), outcome.journal.map(({ at, text }) => `${(at / 1_000).toFixed(3)} ${text}\n`).join(''));
    }
  }
  process.exit(violations > 0 ? 1 : 0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
