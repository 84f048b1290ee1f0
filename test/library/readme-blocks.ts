/** Code of the README and of pages for users, for the tests that run it. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** Every page of `docs/`. */
export const DOCS = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).sort()
  .map((name) => readFileSync(path.join(ROOT, 'docs', name), 'utf8'));

export const NOTIFICATIONS = readFileSync(path.join(ROOT, 'docs/notifications.md'), 'utf8');

export const COMMAND_LINE = readFileSync(path.join(ROOT, 'docs/command-line.md'), 'utf8');

export const BACKEND_WORKER = readFileSync(path.join(ROOT, 'examples/backend-worker/README.md'), 'utf8');

export function codeBlocks(language: string, page = README): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code ?? '');
}

/** Commands as words, without comments, `npx` and assignments. */
export function shellCommands(page = README): string[][] {
  return codeBlocks('sh', page).flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').replace(/\s*&$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('export '))
    .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''))
    .map((words) => (words[0] === 'npx' ? words.slice(1) : words));
}
