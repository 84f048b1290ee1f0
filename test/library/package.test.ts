/** What a user gets from the registry must bring what it needs; the workspace hides what is missing. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly dependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

describe('the package', () => {
  it('brings the native packages that stay outside the gateway\'s bundle, in the gateway\'s version', () => {
    const [, list] = /const NATIVE = \[(.*)\];/.exec(readFileSync('scripts/lib/bundle.mjs', 'utf8'))!;
    const native = list!.split(',').map((name) => name.trim().replaceAll('\'', ''));
    expect(native.length).toBeGreaterThan(0);
    const gateway = read('runtime/package.json').dependencies!;
    expect(read('package.json').optionalDependencies).toEqual(Object.fromEntries(native.map((name) => [name, gateway[name]])));
  });
});
