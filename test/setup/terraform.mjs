// Terraform: the machine's own, or one built from its Go module.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheRoot } from '../../scripts/lib/paths.mjs';
import { ask, run, which } from '../../scripts/lib/run.mjs';
import { goCommand, goEnvironment } from './go.mjs';

/** The newest line that can be built from its module alone: later ones replace modules by folders of their repository. */
const VERSION = '1.8.5';
/** Without it the program calls itself a pre-release, which no `required_version` accepts. */
const RELEASE_FLAG = '-X github.com/hashicorp/terraform/version.dev=no';

function isUsable(program) {
  const match = /"terraform_version":\s*"(\d+)\.(\d+)/.exec(ask(program, ['version', '-json'], { env: { CHECKPOINT_DISABLE: '1' } }) ?? '');
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 5);
}

/** A usable Terraform that is here already, or undefined. */
export function findTerraform() {
  const candidates = [which('terraform'), path.join(cacheRoot, `terraform-${VERSION}`, 'terraform')];
  return candidates.find((program) => program !== undefined && existsSync(program) && isUsable(program));
}

/** Builds Terraform from its module into the cache. */
export async function buildTerraform() {
  const go = await goCommand();
  const folder = path.join(cacheRoot, `terraform-${VERSION}`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(path.join(folder, 'build-'));
  try {
    await run(go, ['install', '-trimpath', '-ldflags', `-s -w ${RELEASE_FLAG}`, `github.com/hashicorp/terraform@v${VERSION}`], {
      cwd: work,
      env: { ...goEnvironment(), GOBIN: work },
    });
    renameSync(path.join(work, 'terraform'), path.join(folder, 'terraform'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path.join(folder, 'terraform');
}

/**
 * The address Terraform gives to `kreuzwerker/docker`: the host in front is the program's own default, and a mirror's
 * folders must name it.
 */
export async function providerAddress(terraform) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-address-'));
  try {
    writeFileSync(path.join(folder, 'main.tf'), 'terraform {\n  required_providers {\n    docker = { source = "kreuzwerker/docker" }\n  }\n}\n');
    const answer = await run(terraform, [`-chdir=${folder}`, 'providers'], { env: { CHECKPOINT_DISABLE: '1' } });
    const match = /provider\[([^\]]+)\]/.exec(answer);
    if (!match) throw new Error(`terraform names no address for kreuzwerker/docker:\n${answer}`);
    return match[1];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
