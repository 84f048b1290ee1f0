// The public interface in files: API.md for people, api/released.json for the check that nothing of a release is broken.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runJsii } from './jsii.mjs';
import { root } from './paths.mjs';

export const apiPage = path.join(root, 'API.md');
/** What the last release promised: its assembly, without texts. */
export const releasedFile = path.join(root, 'api/released.json');
/** Changes that break programs and are meant, one key of jsii-diff a line, each with its reason in a comment. */
export const allowedFile = path.join(root, 'api/allowed-changes.txt');

/** The assembly of the build that stands. */
export const assembly = () => JSON.parse(readFileSync(path.join(root, '.jsii'), 'utf8'));

/** The text of API.md for the build that stands. */
export async function renderApiPage() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-api-'));
  try {
    await runJsii('jsii-docgen', ['--output', path.join(folder, 'API.md')]);
    return readFileSync(path.join(folder, 'API.md'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TEXTS = new Set(['docs', 'locationInModule', 'symbolId', 'readme', 'fingerprint']);

/** An assembly without what no program depends on. */
export function withoutTexts(value) {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !TEXTS.has(name)).map(([name, each]) => [name, withoutTexts(each)]));
}

/** The baseline as text: one line a type, so that a change of it can be read. */
export function renderBaseline(from = assembly()) {
  const { types, ...rest } = withoutTexts(from);
  const lines = Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, type]) => `    ${JSON.stringify(name)}: ${JSON.stringify(type)}`);
  return `${JSON.stringify({ ...rest, fingerprint: '', types: {} }, undefined, 2).replace('"types": {}', () => `"types": {\n${lines.join(',\n')}\n  }`)}\n`;
}

/**
 * Compares the build that stands with a release.
 * @param {object} released an assembly; by default the one of api/released.json
 * @returns what breaks programs and is not allowed: one sentence each, with the key that would allow it
 */
export async function brokenPromises(released = JSON.parse(readFileSync(releasedFile, 'utf8'))) {
  // jsii-diff finds the assemblies of dependencies from the folder of the package, so that is made inside of the checkout
  const cache = path.join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'released-'));
  try {
    const { name, version, dependencies } = released;
    writeFileSync(path.join(folder, '.jsii'), JSON.stringify(released));
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, version, peerDependencies: dependencies, jsii: {} }));
    const ignored = existsSync(allowedFile) ? ['--ignore-file', allowedFile] : [];
    try {
      await runJsii('jsii-diff', [folder, root, '--keys', ...ignored]);
      return [];
    } catch (error) {
      const lines = (error.output ?? '').split('\n').filter((line) => /\berr\b.* - /.test(line));
      if (lines.length === 0) throw error;
      return lines.map((line) => line.replace(/^.*?\berr\b\S*\s+- /, ''));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
