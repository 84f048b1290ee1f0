/**
 * The folder that the gateway's image is built from: the bundled runtime, the console and their Dockerfile, copied into the synthesized
 * output, because a package in Python or Go may be unpacked into a folder that is gone at deploy.
 */
import { createHash } from 'crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join, sep } from 'path';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';

/** Relative to the package: this file is `dist/deployment/docker-host/…` there and `lib/deployment/docker-host/…` in the sources. */
const RUNTIME = join(__dirname, '..', '..', '..', 'runtime');
const BUILT = join(RUNTIME, 'dist');
/** Name in the context → where it is: a file, or a folder with all that is in it. */
const CONTENTS: { readonly [name: string]: string } = { 'Dockerfile': join(RUNTIME, 'Dockerfile'), 'mqttgw.mjs': join(BUILT, 'mqttgw.mjs'), 'console': join(BUILT, 'console') };

export class BuildContext extends Construct {
  public readonly hash: string;
  /** Relative to the stack's folder, where Terraform runs. */
  public readonly path: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const missing = Object.values(CONTENTS).filter((file) => !existsSync(file));
    if (missing.length > 0) {
      throw new Error(`[${scope.node.path}] cannot build the gateway image: ${missing.join(' and ')} missing; run "npm run build", or name a prebuilt gateway image`);
    }
    const folder = stage();
    const hash = createHash('sha256');
    for (const name of namesIn(folder)) hash.update(name).update('\0').update(readFileSync(join(folder, name))).update('\0');
    this.hash = hash.digest('hex').slice(0, 12);
    const asset = new TerraformAsset(this, 'Asset', { path: folder, type: AssetType.DIRECTORY, assetHash: this.hash });
    this.path = asset.path;
  }
}

let staged: string | undefined;

/** One folder a process; the asset is copied from it when the App synthesizes. */
function stage(): string {
  if (staged === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'cdktf-mqtt-gateway-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    staged = folder;
  }
  for (const [name, from] of Object.entries(CONTENTS)) cpSync(from, join(staged, name), { recursive: true });
  return staged;
}

/** Files at any depth, in one order on every system. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? namesIn(join(folder, entry.name)).map((name) => join(entry.name, name)) : [entry.name]))
    .map((name) => name.split(sep).join('/')).sort();
}
