// Eclipse Paho for Java, one file from Maven Central, for the example in Java.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../../scripts/lib/paths.mjs';

const NAME = 'org.eclipse.paho.client.mqttv3-1.2.5.jar';
const URL = `https://repo1.maven.org/maven2/org/eclipse/paho/org.eclipse.paho.client.mqttv3/1.2.5/${NAME}`;
const SHA256 = '59914287adac506a28d5e8172eed262a22605f3df4d426b9d92f41dae2448185';

const file = path.join(cacheRoot, NAME);

/** The file, when it was fetched before. */
export function findPahoJar() {
  return existsSync(file) ? file : undefined;
}

/** Fetches it, once a machine. */
export async function fetchPahoJar() {
  const answer = await fetch(URL, { signal: AbortSignal.timeout(60_000) });
  if (!answer.ok) throw new Error(`${URL} answered ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== SHA256) throw new Error(`${URL} has the SHA-256 ${hash} instead of ${SHA256}`);
  mkdirSync(cacheRoot, { recursive: true });
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
  return file;
}
