// The Docker engine: the one that answers, or one started by hand and stopped again.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../scripts/lib/progress.mjs';
import { ask, which } from '../../scripts/lib/run.mjs';
import { findTlsPort, makeTlsPort } from './engine-tls.mjs';

/** Where every Docker client, and a Region of its own accord, looks for the engine. */
const SOCKET = '/var/run/docker.sock';
const PREFIX = 'mqttgw-engine-';

/** The host of an engine that answers: DOCKER_HOST, or the usual socket. Undefined when none does. */
export function findEngine() {
  const docker = which('docker');
  if (!docker) return undefined;
  const host = process.env.DOCKER_HOST || `unix://${SOCKET}`;
  const version = ask(docker, ['version', '--format', '{{.Server.Version}}'], { env: { DOCKER_HOST: host } });
  return version ? { host, version } : undefined;
}

/** Folders of engines that were killed. Their data is of no use: a run begins with an empty engine. */
function removeOldFolders() {
  for (const name of readdirSync(os.tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = path.join(os.tmpdir(), name);
    if (!isRunning(pidOf(folder))) removeFolder(folder);
  }
}

/**
 * Removes what an engine left. One that was killed leaves mounts (its data folder is mounted on itself), and a mounted
 * folder cannot be removed. What is still in the way is no reason to fail: each engine has a folder of its own.
 */
function removeFolder(folder) {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '').filter((mount) => mount.startsWith(`${folder}/`));
  for (const mount of mounts.reverse()) ask('umount', ['--lazy', mount]);
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
  } catch (error) {
    say(`left in place: ${folder} (${error.message})`);
  }
}

function pidOf(folder) {
  try {
    return Number(readFileSync(path.join(folder, 'docker.pid'), 'utf8'));
  } catch {
    return 0;
  }
}

function isRunning(pid) {
  if (!pid) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(PREFIX);
  } catch {
    return false;
  }
}

/**
 * Starts an engine with nothing in it, on the usual socket and on a TLS port. Gives its folder, by which it is stopped. A fresh data folder
 * each time: containers of a killed run would start again with it (`unless-stopped`) and hold the ports.
 */
export async function startEngine() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('no Docker engine answers, and starting one needs root on Linux');
  const dockerd = which('dockerd');
  if (!dockerd) throw new Error('dockerd is missing (package docker.io)');
  removeOldFolders();
  const folder = mkdtempSync(path.join(os.tmpdir(), PREFIX));
  mkdirSync(path.join(folder, 'data'));
  const log = path.join(folder, 'dockerd.log');
  const output = openSync(log, 'a');
  const args = ['--host', `unix://${SOCKET}`, '--data-root', path.join(folder, 'data'), '--exec-root', path.join(folder, 'exec'), '--pidfile', path.join(folder, 'docker.pid'), ...(await makeTlsPort(folder))];
  // The tools it starts (containerd, iptables) are in folders that an ordinary PATH may lack.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const child = spawn(dockerd, args, { detached: true, stdio: ['ignore', output, output], env });
  child.unref();
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && !ended) {
    const found = findEngine();
    if (found) return { ...found, folder };
    await sleep(250);
  }
  const tail = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-15).join('\n') : '';
  await stopEngine(folder);
  throw new Error(`the Docker engine did not start:\n${tail}`);
}

/** The TLS port of an engine that `startEngine` started and that still runs. */
export function tlsPortOf(folder) {
  return isRunning(pidOf(folder)) ? findTlsPort(folder) : undefined;
}

/** Stops an engine that `startEngine` started, with every container in it, and removes its data. */
export async function stopEngine(folder) {
  if (!path.basename(folder).startsWith(PREFIX)) throw new Error(`not an engine of ours: ${folder}`);
  const pid = pidOf(folder);
  if (isRunning(pid)) {
    process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + 60_000;
    while (isRunning(pid) && Date.now() < deadline) await sleep(100);
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
  removeFolder(folder);
}
