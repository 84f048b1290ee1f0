// A Python of the tests' own, with the clients that the examples in Python use, and the generator of property tests for the control API.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../../scripts/lib/paths.mjs';
import { ask, run, which } from '../../scripts/lib/run.mjs';
import { installPackages, mayInstall, refreshLists } from './apt.mjs';

/** Pinned: a new release is taken in by a commit. */
const PACKAGES = ['paho-mqtt==2.1.0', 'redis==5.2.1', 'schemathesis==4.32.5'];

const folder = path.join(cacheRoot, `python-${PACKAGES.join('-').replaceAll('==', '-')}`);
const interpreter = path.join(folder, 'bin/python');

/** The interpreter, when it was made before. */
export function findPython() {
  return existsSync(path.join(folder, 'complete')) ? interpreter : undefined;
}

/** Makes it, once a machine. */
export async function makePython() {
  if (!which('python3')) throw new Error('python3 is missing');
  // Debian's python3, where it was there before, may lack what makes a virtual environment.
  if (ask('python3', ['-c', 'import ensurepip, venv']) === undefined && mayInstall()) {
    await refreshLists();
    await installPackages(['python3-venv']);
  }
  rmSync(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  mkdirSync(path.join(folder, 'complete'));
  return interpreter;
}
