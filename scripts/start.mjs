#!/usr/bin/env node
// `npm start`: builds, synthesizes the quickstart and runs its gateway on this machine, with nothing but Node.
import './lib/installed.mjs';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { filesUnder, hashFiles, readStamp, writeStamp } from './lib/hash.mjs';
import { root } from './lib/paths.mjs';
import { step } from './lib/progress.mjs';
import { run } from './lib/run.mjs';
import { buildBundle } from './lib/bundle.mjs';
import { buildConsole } from './lib/console.mjs';
import { buildLibrary } from './lib/library.mjs';

const example = path.join(root, 'examples/quickstart');
const synthesized = path.join(root, 'node_modules/.cache/cdktf-mqtt-gateway/quickstart');
const stamp = `${synthesized}.built-from`;

/** The example's own files, the library it stands on, and the variables of the environment that it reads. */
function inputHash() {
  const sources = filesUnder([example]);
  const text = sources.filter((file) => /\.[cm]?[jt]s$/.test(file)).map((file) => readFileSync(file, 'utf8')).join('\n');
  const names = [...new Set([...text.matchAll(/process\.env(?:\.(\w+)|\[['"](\w+)['"]\])/g)].map((match) => match[1] ?? match[2]))].sort();
  const variables = names.map((name) => `${name}=${process.env[name] ?? ''}`).join('\n');
  const builds = [path.join(root, 'dist/.built-from'), path.join(root, 'runtime/dist/.built-from')];
  return hashFiles(root, [...sources, ...builds], variables);
}

async function synthesize() {
  const hash = inputHash();
  if (readStamp(stamp) === hash && existsSync(synthesized)) return;
  rmSync(synthesized, { recursive: true, force: true });
  mkdirSync(synthesized, { recursive: true });
  await step('synthesizing examples/quickstart', () =>
    run(process.execPath, ['--import', 'tsx', 'main.ts'], { cwd: example, env: { CDKTF_OUTDIR: synthesized } }),
  );
  writeStamp(stamp, hash);
}

/** The gateway keeps this terminal, and gets the signals: those from the keyboard by itself, others from here. */
function runGateway(args) {
  const gateway = spawn(process.execPath, [path.join(root, 'runtime/bin/mqttgw.mjs'), 'dev', '--synth', synthesized, ...args], { stdio: 'inherit' });
  const keyboard = process.stdin.isTTY === true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!(signal === 'SIGINT' && keyboard)) gateway.kill(signal);
    });
  }
  stopWithParent(() => gateway.kill('SIGTERM'));
  gateway.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  gateway.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

/** npm runs this in a shell, and a SIGTERM for npm ends that shell without passing the signal on. */
function stopWithParent(stop) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
}

/** npm keeps what stands before `--` for itself, and only its environment tells of it. */
function optionsThatNpmKept() {
  const known = ['port_offset', 'port', 'open', 'store', 'data', 'log_level', 'workers', 'synth', 'stack', 'instance', 'timeout'];
  return process.env.npm_lifecycle_event === 'start' ? known.filter((name) => process.env[`npm_config_${name}`] !== undefined) : [];
}

const args = process.argv.slice(2);
const kept = optionsThatNpmKept().map((name) => `--${name.replace('_', '-')}`);
if (kept.length > 0) {
  process.stderr.write(`npm took ${kept.join(', ')} for itself; options go behind \`--\`: npm start -- ${kept.join(' … ')} …\n`);
  process.exit(2);
}
try {
  await buildBundle();
  await buildConsole();
  await buildLibrary();
  await synthesize();
  runGateway(args);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
