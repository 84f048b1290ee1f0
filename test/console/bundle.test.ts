/** What `npm run build` makes of the console. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BUILT = path.join(ROOT, 'runtime/dist/console');
const SOURCES = path.join(ROOT, 'runtime/console/src');
const FIRST_LOAD_BYTES = 150_000;

const page = (): string => readFileSync(path.join(BUILT, 'index.html'), 'utf8');
const assets = (): string[] => [...page().matchAll(/(?:href|src)="([^"]+)"/g)].map(([, name]) => name!);

describe('the console as it is built', () => {
  it('loads less than 150 kB compressed at first, both ways', () => {
    for (const suffix of ['.br', '.gz']) {
      const sizes = ['index.html', ...assets()].map((name) => statSync(path.join(BUILT, name + suffix)).size);
      expect(sizes.length).toBe(5);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD_BYTES);
    }
  });

  it('has nothing inline and nothing from elsewhere, so that its policy holds', () => {
    expect(page()).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+="|https?:/);
    for (const name of assets()) expect(name).toMatch(/^assets\/\w+-[0-9A-Z]{8}\.(js|css|svg)$/);
    for (const name of readdirSync(path.join(BUILT, 'assets')).filter((each) => each.endsWith('.css'))) {
      expect(readFileSync(path.join(BUILT, 'assets', name), 'utf8')).not.toMatch(/url\(|@import/);
    }
  });

  it('never sets HTML from a text', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
    expect(files.length).toBeGreaterThan(30);
    for (const name of files) expect(readFileSync(path.join(SOURCES, name), 'utf8'), name).not.toMatch(/dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write|\beval\(/);
  });
});
