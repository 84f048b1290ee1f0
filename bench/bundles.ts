/** The gateway's bundle, as a copy: a build in the middle of a run must not change what is measured. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { UNMEASURED, type Bundle } from './targets/ours';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Below node_modules, so that the copy finds lmdb; ignored by git. */
const COPIES = path.join(ROOT, 'node_modules/.cache/cdktf-mqtt-gateway/bench');

export function bundles({ beside, unmeasured, profile }: { readonly beside: readonly string[]; readonly unmeasured: boolean; readonly profile: string | null }): Bundle[] {
  const nodeArguments = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`, '--cpu-prof-interval', '250'];
  const own = copy(path.join(ROOT, 'runtime/dist/mqttgw.mjs'), 'mqttgw.mjs');
  const all: Bundle[] = [{ file: own, version: gitVersion(), nodeArguments, suffix: '', scraped: unmeasured }];
  const others = beside.map((file, i): Bundle => {
    const suffix = '+'.repeat(i + 1);
    return { file: copy(path.resolve(file), `mqttgw${suffix}.mjs`), version: path.basename(file), nodeArguments, suffix, scraped: false };
  });
  if (unmeasured) others.push({ ...all[0]!, suffix: UNMEASURED, scraped: false });
  return [...all, ...others];
}

function copy(from: string, name: string): string {
  if (!existsSync(from)) throw new Error(`${from} is missing: run \`npm run build\` first`);
  mkdirSync(COPIES, { recursive: true });
  const to = path.join(COPIES, name);
  copyFileSync(from, to);
  return to;
}

function gitVersion(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--', 'runtime', 'lib') === '' ? '' : ' with changes'}`;
  } catch {
    return 'not from git';
  }
}
