/** The pages for users: what they list is complete, and their links lead somewhere. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../runtime/src/errors';
import { ROOT } from './readme-blocks';

const PAGES = ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'bench/README.md', ...readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const textOf = (page: string): string => readFileSync(path.join(ROOT, page), 'utf8');
const withoutCode = (text: string): string => text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

/** Anchors as GitHub makes them of headings. */
const anchorsOf = (page: string): string[] => [...textOf(page).matchAll(/^#+ (.*)$/gm)]
  .map(([, title = '']) => title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-'));

describe.each(PAGES)('%s', (page) => {
  const links = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));

  it('links to files and headings that exist', () => {
    const broken = links.filter((target) => {
      const [file = '', anchor] = target.split('#', 2);
      const where = file === '' ? page : path.join(path.dirname(page), file);
      return !existsSync(path.join(ROOT, where)) || (anchor !== undefined && !anchorsOf(where).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const rows = new Map([...textOf('docs/troubleshooting.md').matchAll(/^\| `([a-z0-9-]+)` \| (.*?) \| (.+) \|$/gm)].map(([, code = '', says = '']) => [code, says]));
  const written = (sentence: string): string => sentence.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/>/g, '&gt;');

  it('has every reason with its sentence, and no other', () => {
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(Object.entries(ERRORS).map(([code, sentence]) => [code, written(sentence)])));
  });
});

describe('README.zh-CN.md', () => {
  it('shows the code of README.md, which other tests run', () => {
    const blocks = (page: string): string[] => [...textOf(page).matchAll(/^```\w+\n[^]*?^```$/gm)].map(([block]) => block);
    const tested = blocks('README.md');
    expect(blocks('README.zh-CN.md').length).toBeGreaterThan(5);
    expect(blocks('README.zh-CN.md').filter((block) => !tested.includes(block))).toEqual([]);
  });
});
