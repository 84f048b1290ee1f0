/** A clean install with cdktn in the place of cdktf, as docs/cdktn.md says. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codeBlocks } from '../library/readme-blocks';
import { PACKAGES, ROOT, VERSION, run } from './support';

/** Installs the package.json of the page, with the packed library in the place of the published one. */
export async function installWithCdktn(folder: string): Promise<void> {
  const [manifest] = codeBlocks('json', readFileSync(path.join(ROOT, 'docs/cdktn.md'), 'utf8'));
  const published = `"cdktf-mqtt-gateway": "^${VERSION}"`;
  if (!manifest?.includes(published)) throw new Error(`docs/cdktn.md shows a package.json without ${published}`);
  writeFileSync(path.join(folder, 'package.json'), manifest.replace(published, `"cdktf-mqtt-gateway": ${JSON.stringify(`file:${PACKAGES.npm}`)}`));
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund'], folder);
}
