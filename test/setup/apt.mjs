// Debian's packages: what is missing, and installing it.
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ask, run, which } from '../../scripts/lib/run.mjs';

/** Programs and files the suites use, and the packages that may carry them, the likeliest first. */
const PROGRAMS = {
  'redis-server': ['redis-server'],
  mosquitto_pub: ['mosquitto-clients'],
  mosquitto: ['mosquitto'],
  haproxy: ['haproxy'],
  dockerd: ['docker.io'],
  // Newer releases have the client in a package of its own; where there is none, docker.io carries it.
  docker: ['docker-cli', 'docker.io'],
  iptables: ['iptables'],
  debootstrap: ['debootstrap'],
  python3: ['python3'],
  chromium: ['chromium'],
  javac: ['default-jdk-headless'],
  cc: ['gcc'],
  '/usr/include/mosquitto.h': ['libmosquitto-dev'],
  '/usr/include/openssl/hmac.h': ['libssl-dev'],
};

const POLICY = '/usr/sbin/policy-rc.d';

/** May packages be installed here: Debian or Ubuntu, as root, and not told to leave the machine alone. */
export function mayInstall() {
  return process.getuid?.() === 0 && process.env.SETUP !== 'no' && which('apt-get') !== undefined;
}

/** Why packages may not be installed here. */
export function whyNotInstall() {
  if (process.env.SETUP === 'no') return 'SETUP=no';
  if (which('apt-get') === undefined) return 'not Debian or Ubuntu';
  return 'not root';
}

/** Whether a program, or the file of a whole path, is on this machine. */
export function isThere(program) {
  return path.isAbsolute(program) ? existsSync(program) : which(program) !== undefined;
}

/** Which of the programs are not on this machine. */
export function missingPrograms() {
  return Object.keys(PROGRAMS).filter((program) => !isThere(program));
}

function exists(name) {
  return /Candidate: (?!\(none\))/.test(ask('apt-cache', ['policy', name]) ?? '');
}

/** The packages that bring the given programs, for each the first that this release has. */
function packagesFor(programs) {
  return [...new Set(programs.map((program) => PROGRAMS[program].find(exists) ?? PROGRAMS[program].at(-1)))];
}

/** Another apt may be at work, as on a machine that has just booted. */
const PATIENT = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];

/**
 * Lists of packages grow old; a new machine has none at all. One source of many that does not answer is no reason to
 * stop: installing shows whether it mattered.
 */
export async function refreshLists() {
  await run('apt-get', [...PATIENT, 'update', '-qq']).catch(() => undefined);
}

/** Installs packages by name, without their services starting: a broker or store of its own would hold the ports. */
export async function installPackages(packages) {
  // Debian's python3 comes without venv, and gcc without the C library's headers; no program tells
  if (packages.includes('python3')) packages = [...packages, 'python3-venv'];
  if (packages.includes('gcc')) packages = [...packages, 'libc6-dev'];
  const own = !existsSync(POLICY);
  if (own) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
  }
  try {
    await run('apt-get', [...PATIENT, 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  } finally {
    if (own) rmSync(POLICY, { force: true });
  }
}

/** Installs what brings the given programs; `announce` is told the packages first. */
export async function installPrograms(programs, announce) {
  await refreshLists();
  const packages = packagesFor(programs);
  announce(packages);
  await installPackages(packages);
}

/** The mirror and release that this machine installs from: the base image is made from the same. */
export function aptSource() {
  const format = '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(CODENAME)';
  const lines = (ask('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']) ?? '').split('\n');
  for (const line of lines) {
    const [origin, mirror, release, codename] = line.split('|');
    if ((origin === 'Debian' || origin === 'Ubuntu') && release === codename) return { origin, mirror, release };
  }
  return undefined;
}
