/** Compiling a Go program with the generated module in the place of the published one. */
import path from 'node:path';
import { testEnvironment } from '../setup/environment';
import { GO_MODULE, PACKAGES, run } from './support';

const environment = { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' };

/** Compiles the module in the folder; gives the path of the program. */
export async function compileGo(folder: string): Promise<string> {
  const { go } = testEnvironment();
  await run(go, ['mod', 'edit', `-replace=${GO_MODULE}=${PACKAGES.go}`], folder, environment);
  await run(go, ['mod', 'tidy'], folder, environment);
  await run(go, ['build', '-o', 'program', '.'], folder, environment);
  return path.join(folder, 'program');
}
