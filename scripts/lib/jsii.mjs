// jsii's programs, started without the banner of ten lines by which they greet a release of Node that is near its end.
import path from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';

/** Also for programs in Python and Go, which start a Node of their own. */
export const jsiiEnvironment = {
  JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1',
  JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION: '1',
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: process.versions.node.split('.')[0],
};

/** @param {'jsii' | 'jsii-pacmak' | 'jsii-docgen' | 'jsii-diff' | 'jsii-rosetta'} program */
export const runJsii = (program, args = [], env = {}) => run(process.execPath, [path.join(root, `node_modules/.bin/${program}`), ...args], { cwd: root, env: { ...jsiiEnvironment, ...env } });
