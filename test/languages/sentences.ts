/** What the program in TypeScript that breaks rules is told. */
import path from 'node:path';
import { ROOT, attempt, sentences, temporaryFolder } from './support';

/** Run from the sources, as the examples in TypeScript are. */
export async function sentencesInTypeScript(): Promise<string[]> {
  const program = path.join(ROOT, 'test/languages/broken/main.ts');
  const { stderr, stdout } = await attempt(path.join(ROOT, 'node_modules/.bin/tsx'), ['--tsconfig', path.join(ROOT, 'tsconfig.json'), program], temporaryFolder('broken-typescript'));
  return sentences(`${stdout}\n${stderr}`);
}
