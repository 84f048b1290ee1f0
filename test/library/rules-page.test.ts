/** A person who reads an id in an error finds it in docs/rules.md. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './readme-blocks';

it('docs/rules.md has a line for every rule id that an error can name', () => {
  const files = ['lib', 'runtime/src/hand-over'].flatMap((folder) => readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file)).map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8')));
  const used = new Set(files.flatMap((text) => [...text.matchAll(/'([A-Z]\d(?:, [A-Z]\d)*)'/g)].flatMap(([, ids]) => ids!.split(', '))));
  const page = new Set([...readFileSync(path.join(ROOT, 'docs/rules.md'), 'utf8').matchAll(/^\| ([A-Z]\d) \|/gm)].map(([, id]) => id));
  expect(used.size).toBeGreaterThan(20);
  expect([...used].filter((id) => !page.has(id))).toEqual([]);
});
