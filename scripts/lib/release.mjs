// The version in every file that names it, and the changelog.
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const MANIFESTS = ['package.json', 'runtime/package.json', 'package-lock.json'];

/** Every file that a release changes before it is built, as it will be: name and text. */
export function release(from, to, day) {
  return [
    ['CHANGELOG.md', released(read('CHANGELOG.md'), to, day)],
    ...MANIFESTS.map((name) => [name, stampedManifest(read(name), from, to)]),
    ...filesWithVersion(from).map((name) => [name, stamped(read(name), from, to)]),
  ];
}

/** Files for users that show the version. */
export function filesWithVersion(version) {
  const examples = readdirSync(path.join(root, 'examples')).flatMap((name) => [`examples/${name}/python/requirements.txt`, `examples/${name}/go/go.mod`]);
  const pages = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return ['README.md', 'README.zh-CN.md', ...pages, ...examples].filter((name) => existsSync(path.join(root, name)) && stamped(read(name), version, '') !== read(name));
}

const OURS = '(?:cdktf[-_]mqtt[-_]gateway|mqttgateway|mqttgw)';

/** The text with the new version behind our own names, and nowhere else. */
export function stamped(text, from, to) {
  return text.replace(new RegExp(`(${OURS}[^\\n]*?)${from.replaceAll('.', '\\.')}(?![\\d.])`, 'g'), (_, before) => `${before}${to}`);
}

/** A package.json or the lock file with the new version of our own packages. Not by `npm version`, which writes the whole file anew. */
export function stampedManifest(text, from, to) {
  return text.replace(new RegExp(`("name": "(?:@cdktf-mqtt-gateway/runtime|cdktf-mqtt-gateway)",\\s*"version": ")${from.replaceAll('.', '\\.')}"`, 'g'), (_, before) => `${before}${to}"`);
}

/** The changelog with a section for the version; refuses one that says nothing of it. */
export function released(changelog, version, day) {
  const [, unreleased = ''] = /^## \[Unreleased\]\n([^]*?)(?=^## \[|$(?![^]))/m.exec(changelog) ?? [];
  if (unreleased.trim() === '') throw new Error('CHANGELOG.md: nothing below [Unreleased]; say first what this release changes');
  return changelog.replace('## [Unreleased]\n', () => `## [Unreleased]\n\n## [${version}] - ${day}\n`);
}

/** Why this is no version to release, or undefined. */
export function versionProblem(version, present) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return `version: got "${version}"; allowed: three numbers, such as 0.2.0`;
  const [next, now] = [version, present].map((text) => text.split('.').map(Number));
  const difference = next.map((number, index) => number - now[index]).find((each) => each !== 0) ?? 0;
  return difference < 0 ? `version: got ${version}, which is older than ${present}` : undefined;
}

export const read = (name) => readFileSync(path.join(root, name), 'utf8');
