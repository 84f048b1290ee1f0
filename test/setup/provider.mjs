// The real Docker provider, built from its Go module, in a mirror that Terraform installs from without a registry.
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot, root } from '../../scripts/lib/paths.mjs';
import { hashText } from '../../scripts/lib/hash.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { goCommand, goEnvironment } from './go.mjs';
import { providerAddress } from './terraform.mjs';

/** The release that the pinned module is: see provider/go.mod. */
const VERSION = '4.5.1';
const MODULE = 'github.com/terraform-providers/terraform-provider-docker';

const source = path.join(root, 'test/setup/provider');
const platform = `linux_${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;

function folder() {
  const pin = ['go.mod', 'go.sum'].map((name) => readFileSync(path.join(source, name), 'utf8')).join('\0');
  return path.join(cacheRoot, `provider-docker-${VERSION}-${hashText(pin)}`);
}

const mirrorOf = (home) => path.join(home, 'mirror');

/** Where a program looks for the provider in the mirror. */
async function placeFor(program) {
  const target = path.join(mirrorOf(folder()), await providerAddress(program), VERSION, platform);
  mkdirSync(target, { recursive: true });
  return path.join(target, `terraform-provider-docker_v${VERSION}`);
}

/** Offers the provider that was built for `terraform` to another program too: each has a registry of its own in front of the address. */
export async function offerProvider(terraform, another) {
  const [from, to] = [await placeFor(terraform), await placeFor(another)];
  if (!existsSync(to)) linkSync(from, to);
}

const configOf = (home) => path.join(home, 'terraform.rc');

/** The Terraform CLI configuration that finds the provider, when it has been built. */
export function findProvider() {
  const config = configOf(folder());
  return existsSync(config) ? config : undefined;
}

/** Builds the provider and gives the path of the CLI configuration that finds it (for TF_CLI_CONFIG_FILE). */
export async function buildProvider(terraform) {
  const go = await goCommand();
  const home = folder();
  mkdirSync(home, { recursive: true });
  const work = mkdtempSync(path.join(home, 'build-'));
  try {
    const built = path.join(work, 'provider');
    // Without `no_compose` the module pulls in all of Docker Compose, which the library does not use.
    await run(go, ['build', '-tags', 'no_compose', '-trimpath', '-ldflags', '-s -w', '-o', built, MODULE], { cwd: source, env: goEnvironment() });
    const mirror = mirrorOf(home);
    renameSync(built, await placeFor(terraform));
    // Last, as it says that all the rest is there.
    writeFileSync(configOf(home), `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return configOf(home);
}
