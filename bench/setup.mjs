#!/usr/bin/env node
// Installs the peers that `npm run bench` compares with, each only when it is missing. As root on Debian or Ubuntu.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../scripts/lib/paths.mjs';
import { say, step } from '../scripts/lib/progress.mjs';
import { run, which } from '../scripts/lib/run.mjs';
import { installPackages, mayInstall, refreshLists, whyNotInstall } from '../test/setup/apt.mjs';
import { goCommand, goEnvironment } from '../test/setup/go.mjs';

/** Outside the checkout: installed once a machine. The same place stands in targets/peers.ts. */
const folder = path.join(cacheRoot, 'bench');

const NATS = 'github.com/nats-io/nats-server/v2@v2.15.2';
const AEDES = { aedes: '1.2.0', 'aedes-persistence-redis': '12.0.0', 'mqemitter-redis': '7.2.1' };

/** Package by the program that tells whether it is there. RabbitMQ's own program is no proof: other packages bring wrappers. */
const PACKAGES = [
  ['redis-server', () => which('redis-server')],
  ['redis-tools', () => which('redis-benchmark')],
  ['mosquitto', () => which('mosquitto')],
  ['rabbitmq-server', () => existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server')],
];

async function debianPackages() {
  const missing = PACKAGES.filter(([, present]) => !present()).map(([name]) => name);
  if (missing.length === 0) return;
  if (!mayInstall()) throw new Error(`missing ${missing.join(', ')}; not installed (${whyNotInstall()})`);
  await step(`installing ${missing.join(', ')}`, async () => {
    await refreshLists();
    await installPackages(missing);
  });
}

async function natsServer() {
  const bin = path.join(folder, 'nats', NATS.split('@')[1]);
  if (existsSync(path.join(bin, 'nats-server'))) return;
  await step(`building ${NATS}`, async () => run(await goCommand(), ['install', NATS], { env: { ...goEnvironment(), GOBIN: bin } }));
}

async function aedesWithRedis() {
  const home = path.join(folder, 'aedes');
  const manifest = `${JSON.stringify({ private: true, type: 'module', dependencies: AEDES }, undefined, 2)}\n`;
  if (existsSync(path.join(home, 'node_modules/mqemitter-redis/package.json'))) return;
  await step('installing aedes with its Redis modules', async () => {
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, 'package.json'), manifest);
    // aedes-persistence-redis still asks for an older aedes
    await run('npm', ['install', '--legacy-peer-deps', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: home });
  });
}

let failed = 0;
for (const part of [debianPackages, natsServer, aedesWithRedis]) {
  try {
    await part();
  } catch (error) {
    failed++;
    say(error.message);
  }
}
say(failed === 0 ? 'every peer is here' : 'the bench leaves out what is missing');
process.exitCode = failed === 0 ? 0 : 1;
