/**
 * The folder that the gateway's image is built from: the bundled runtime and its Dockerfile, copied into the synthesized
 * output, because a package in Python or Go may be unpacked into a folder that is gone at deploy.
 */
import { createHash } from 'crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { basename, join } from 'path';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';

/** Relative to the package: this file is `dist/deployment/docker-host/…` there and `lib/deployment/docker-host/…` in the sources. */
const RUNTIME = join(__dirname, '..', '..', '..', 'runtime');
const FILES = [join(RUNTIME, 'Dockerfile'), join(RUNTIME, 'dist', 'mqttgw.mjs')];

export class BuildContext extends Construct {
  public readonly hash: string;
  /** Relative to the stack's folder, where Terraform runs. */
  public readonly path: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const missing = FILES.filter((file) => !existsSync(file));
    if (missing.length > 0) {
      throw new Error(`[${scope.node.path}] cannot build the gateway image: ${missing.join(' and ')} missing; run "npm run build", or name a prebuilt gateway image`);
    }
    const hash = createHash('sha256');
    for (const file of FILES) hash.update(basename(file)).update('\0').update(readFileSync(file)).update('\0');
    this.hash = hash.digest('hex').slice(0, 12);
    const asset = new TerraformAsset(this, 'Asset', { path: stage(), type: AssetType.DIRECTORY, assetHash: this.hash });
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
  for (const file of FILES) copyFileSync(file, join(staged, basename(file)));
  return staged;
}
