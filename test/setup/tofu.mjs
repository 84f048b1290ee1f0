// OpenTofu, which the deploy suite tries where it is: the machine's own, or one built from its Go module when asked for.
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../../scripts/lib/paths.mjs';
import { ask, run, which } from '../../scripts/lib/run.mjs';
import { goCommand, goEnvironment } from './go.mjs';

const VERSION = '1.12.6';
const MODULE = 'github.com/opentofu/opentofu';
/** Without it the program calls itself a pre-release, which no `required_version` accepts. */
const RELEASE_FLAG = `-X ${MODULE}/version.dev=no`;

const cached = path.join(cacheRoot, `opentofu-${VERSION}`, 'tofu');

/** A tofu that is here already, or undefined. */
export function findTofu() {
  return [which('tofu'), cached].find((program) => program !== undefined && existsSync(program) && ask(program, ['version', '-json']) !== undefined);
}

/** Builds it into the cache: some seven minutes of processor time. */
export async function buildTofu() {
  const go = await goCommand();
  mkdirSync(path.dirname(cached), { recursive: true });
  const work = mkdtempSync(path.join(path.dirname(cached), 'build-'));
  try {
    const answer = await run(go, ['mod', 'download', '-json', `${MODULE}@v${VERSION}`], { cwd: work, env: goEnvironment() });
    const { Dir: source } = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    // `go install module@version` refuses a module that replaces another; inside of it, it may
    const copy = path.join(work, 'source');
    cpSync(source, copy, { recursive: true });
    await run(go, ['build', '-trimpath', '-ldflags', `-s -w ${RELEASE_FLAG}`, '-o', path.join(work, 'tofu'), './cmd/tofu'], { cwd: copy, env: goEnvironment() });
    renameSync(path.join(work, 'tofu'), cached);
  } finally {
    await run('chmod', ['-R', 'u+w', work]); // Go keeps its modules read-only
    rmSync(work, { recursive: true, force: true });
  }
  return cached;
}
