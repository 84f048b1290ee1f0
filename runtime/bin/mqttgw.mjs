#!/usr/bin/env node
// The bundle is made by `npm run build`; in a published package it is there already.
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/mqttgw.mjs', import.meta.url);
if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  console.error('mqttgw is not built yet: run `npm run build` in the folder of the repository first');
  process.exitCode = 1;
}
