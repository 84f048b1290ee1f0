// A Go toolchain that is new enough to build the Docker provider and, where it is missing, Terraform.
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ask, run, which } from '../../scripts/lib/run.mjs';
import { installPackages, mayInstall, refreshLists } from './apt.mjs';

/** The least version that the modules ask for, and the one fetched when the machine has none. */
const LEAST = [1, 26];
const FETCHED = 'go1.26.8';

function versionOf(go) {
  const match = /go(\d+)\.(\d+)/.exec(ask(go, ['version'], { cwd: os.tmpdir() }) ?? '');
  return match ? [Number(match[1]), Number(match[2])] : [0, 0];
}

const isNewEnough = ([major, minor]) => major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);

function findGo() {
  const known = [which('go'), '/usr/local/go/bin/go', '/usr/lib/go/bin/go'].filter((go) => go !== undefined);
  const usable = known.filter((go) => versionOf(go)[0] > 0);
  return usable.find((go) => isNewEnough(versionOf(go))) ?? usable[0];
}

/**
 * Any old Go can fetch a new one: toolchains are modules. Since 1.21 the go command would do so by itself, but not where
 * it is told to stay local, and distributions still carry older ones; so it is always done by hand.
 */
async function fetchToolchain(go) {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-go-'));
  try {
    const env = { GOTOOLCHAIN: 'local', GOFLAGS: '' };
    await run(go, ['mod', 'init', 'toolchain'], { cwd: folder, env });
    const answer = await run(go, ['mod', 'download', '-json', `golang.org/toolchain@v0.0.1-${FETCHED}.linux-${arch}`], { cwd: folder, env });
    const { Dir: home } = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    // An old go unpacks every module without the permission to execute.
    for (const programs of [path.join(home, 'bin'), path.join(home, 'pkg/tool', `linux_${arch}`)]) {
      chmodSync(programs, 0o755);
      for (const name of readdirSync(programs)) {
        const file = path.join(programs, name);
        if ((statSync(file).mode & 0o111) === 0) chmodSync(file, 0o555);
      }
    }
    return path.join(home, 'bin/go');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let found;

/** A go command that can build the modules. */
export async function goCommand() {
  if (found) return found;
  let go = findGo();
  if (!go && mayInstall()) {
    await refreshLists();
    await installPackages(['golang-go']);
    go = findGo();
  }
  if (!go) throw new Error('Go is missing: install Go 1.21 or newer, or run as root on Debian or Ubuntu');
  if (!isNewEnough(versionOf(go))) go = await fetchToolchain(go);
  return (found = go);
}

/** The environment of a reproducible build, apart from the machine's own settings. */
export function goEnvironment() {
  return { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local', GOWORK: 'off' };
}
