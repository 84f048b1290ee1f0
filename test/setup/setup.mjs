// Brings a machine into the state the suites need, and says what is missing.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot, environmentFile } from '../../scripts/lib/paths.mjs';
import { say, step } from '../../scripts/lib/progress.mjs';
import { which } from '../../scripts/lib/run.mjs';
import { installPrograms, isThere, mayInstall, missingPrograms, whyNotInstall } from './apt.mjs';
import { findEngine, startEngine, stopEngine, tlsPortOf } from './engine.mjs';
import { hasTarball, loadImage, makeTarball } from './image.mjs';
import { goCommand } from './go.mjs';
import { findPahoJar, fetchPahoJar } from './java.mjs';
import { buildProvider, findProvider, offerProvider } from './provider.mjs';
import { findPython, makePython } from './python.mjs';
import { buildTerraform, findTerraform } from './terraform.mjs';
import { buildTofu, findTofu } from './tofu.mjs';

/** What each suite needs beyond Node. */
export const NEEDS = {
  library: [],
  runtime: [],
  store: ['redis'],
  gateway: ['redis', 'mosquitto', 'haproxy', 'python'],
  embedded: ['mosquitto'],
  clients: ['redis', 'python', 'go', 'java', 'c', 'browser'],
  console: ['redis', 'browser'],
  soak: ['redis'],
  languages: ['python', 'go'],
  deploy: ['redis', 'mosquitto', 'python', 'go', 'terraform', 'provider', 'engine', 'image'],
};

/** The programs behind each part. */
const PROGRAMS_OF = {
  redis: ['redis-server'],
  mosquitto: ['mosquitto_pub', 'mosquitto'],
  haproxy: ['haproxy'],
  python: ['python3'],
  browser: ['chromium'],
  java: ['javac'],
  c: ['cc', '/usr/include/mosquitto.h', '/usr/include/openssl/hmac.h'],
  engine: ['dockerd', 'docker', 'iptables'],
  image: ['debootstrap'],
};

/** The programs that the parts still lack. An engine that answers, or an image made before, needs none of its own. */
function programsLacking(parts) {
  const missing = new Set(missingPrograms());
  if (parts.has('engine') && findEngine()) for (const program of ['dockerd', 'iptables']) missing.delete(program);
  if (hasTarball()) missing.delete('debootstrap');
  return [...parts].flatMap((part) => (PROGRAMS_OF[part] ?? []).filter((program) => missing.has(program)));
}

async function installWhatIsMissing(parts) {
  const programs = programsLacking(parts);
  if (programs.length === 0) return;
  if (!mayInstall()) {
    say(`missing: ${programs.join(', ')}; not installed (${whyNotInstall()})`);
    return;
  }
  await step(`installing what is missing (${programs.join(', ')})`, () => installPrograms(programs, (packages) => say(`  packages: ${packages.join(' ')}`)));
}

/**
 * Sets up what the given suites need.
 * @param {string[]} suites
 * @param {{ withTofu?: boolean }} options `withTofu`: builds OpenTofu where it is missing, for the tests that are skipped without it
 * @returns the environment written for the tests: `missing` maps a part to the reason why it is not there.
 */
export async function setUp(suites, { withTofu = false } = {}) {
  const parts = new Set(suites.flatMap((suite) => NEEDS[suite] ?? []));
  const environment = withoutParts(readEnvironment(), parts);
  if (parts.size > 0) {
    try {
      await installWhatIsMissing(parts);
    } catch (error) {
      say(`installing failed: ${error.message}`);
    }
  }
  for (const part of ['redis', 'mosquitto', 'haproxy', 'browser', 'c']) {
    const lacking = PROGRAMS_OF[part].filter((program) => !isThere(program));
    if (lacking.length > 0) environment.missing[part] = `missing on this machine: ${lacking.join(', ')}`;
  }
  const attempt = async (part, work) => {
    if (!parts.has(part)) return;
    try {
      await work();
    } catch (error) {
      environment.missing[part] = error.message;
      say(`${part}: ${error.message}`);
    }
  };
  await attempt('python', () => providePython(environment));
  await attempt('go', () => provideGo(environment));
  await attempt('java', () => provideJava(environment));
  await attempt('terraform', () => provideTerraform(environment));
  // The one waits for the processor, the other for the network.
  await Promise.all([attempt('provider', () => provideProvider(environment)), attempt('image', makeImage)]);
  if (parts.has('provider') && !environment.missing.provider) await offerTofu(environment, withTofu);
  await attempt('engine', () => provideEngine(environment));
  await attempt('image', () => provideImage(environment));
  write(environment);
  return environment;
}

/** What an earlier set-up found of other parts still stands. */
function withoutParts(earlier, parts) {
  const environment = { images: {}, ...earlier, env: { ...earlier.env }, missing: {}, startedEngine: false };
  for (const [part, reason] of Object.entries(earlier.missing ?? {})) if (!parts.has(part)) environment.missing[part] = reason;
  if (parts.has('image')) environment.images = {};
  if (parts.has('engine')) {
    delete environment.env.DOCKER_HOST;
    delete environment.engineTls;
  }
  if (parts.has('provider')) delete environment.env.TF_CLI_CONFIG_FILE;
  return environment;
}

/** May expensive or system-wide things be made here. */
function insist(what) {
  if (process.env.SETUP === 'no') throw new Error(`${what} (SETUP=no: left alone)`);
}

async function providePython(environment) {
  let python = findPython();
  if (!python) {
    insist('the Python of the examples is not made');
    python = await step('making a Python with the clients of the examples (once a machine)', makePython);
  }
  environment.python = python;
}

async function provideGo(environment) {
  environment.go = await goCommand();
}

async function provideJava(environment) {
  if (!which('javac')) throw new Error('a Java development kit is missing');
  let jar = findPahoJar();
  if (!jar) {
    insist('the MQTT client for Java is not fetched');
    jar = await step('fetching the MQTT client for Java (once a machine)', fetchPahoJar);
  }
  environment.pahoJar = jar;
}

async function provideTerraform(environment) {
  let terraform = findTerraform();
  if (!terraform) {
    insist('Terraform 1.5 or newer is missing');
    terraform = await step('building Terraform', buildTerraform);
  }
  environment.terraform = terraform;
  environment.env.TERRAFORM_BINARY_NAME = terraform;
  environment.env.CHECKPOINT_DISABLE = '1';
}

async function provideProvider(environment) {
  if (!environment.terraform) throw new Error('the Docker provider needs Terraform');
  let config = findProvider();
  if (!config) {
    insist('the Docker provider is not built');
    config = await step('building the Docker provider for Terraform (once a machine)', () => buildProvider(environment.terraform));
  }
  environment.env.TF_CLI_CONFIG_FILE = config;
}

/** OpenTofu is no need of a suite: it takes longer to build than the suite that tries it runs. Where it fails, its test is skipped. */
async function offerTofu(environment, build) {
  delete environment.tofu;
  try {
    let tofu = findTofu();
    if (!tofu && build) tofu = await step('building OpenTofu (once a machine)', buildTofu);
    if (!tofu) return;
    await offerProvider(environment.terraform, tofu);
    environment.tofu = tofu;
  } catch (error) {
    say(`OpenTofu: ${error.message}`);
  }
}

async function makeImage() {
  if (hasTarball()) return;
  insist('the base image is not made');
  if (!which('debootstrap')) throw new Error('debootstrap is missing');
  if (process.getuid?.() !== 0) throw new Error('making the base image needs root');
  await step('making the base image (once a machine)', makeTarball);
}

async function provideEngine(environment) {
  let engine = findEngine();
  if (!engine) {
    insist('no Docker engine answers');
    engine = await step('starting a Docker engine', startEngine);
    // By this it is stopped again, also by a later call.
    environment.engine = engine.folder;
  }
  environment.startedEngine = engine.folder !== undefined;
  environment.env.DOCKER_HOST = engine.host;
  if (environment.engine) environment.engineTls = tlsPortOf(environment.engine);
}

async function provideImage(environment) {
  if (environment.missing.image || !environment.env.DOCKER_HOST) throw new Error(environment.missing.image ?? 'the base image needs a Docker engine');
  const image = await step('loading the base image', () => loadImage(which('docker')));
  environment.images = { base: image, store: image, front: image };
}

/** What the last set-up wrote; empty when there was none. */
export function readEnvironment() {
  try {
    return JSON.parse(readFileSync(environmentFile, 'utf8'));
  } catch {
    return { env: {}, images: {}, missing: {} };
  }
}

function write(environment) {
  mkdirSync(path.dirname(environmentFile), { recursive: true });
  writeFileSync(environmentFile, `${JSON.stringify(environment, undefined, 2)}\n`);
}

/** Stops the engine that a set-up started, if one did. */
export async function tearDown() {
  const environment = readEnvironment();
  if (!environment.engine) return;
  await step('stopping the Docker engine', () => stopEngine(environment.engine));
  delete environment.engine;
  delete environment.engineTls;
  delete environment.env.DOCKER_HOST;
  environment.images = {};
  environment.missing.engine = 'stopped after the last run';
  write(environment);
}

/** The cache, for those who want the room back. */
export function removeCache() {
  rmSync(cacheRoot, { recursive: true, force: true });
}
