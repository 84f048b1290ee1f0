import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What `scripts/setup.mjs` (or `npm test`) has put up for the suites. */
export interface TestEnvironment {
  /** Variables for terraform, cdktf and docker: TF_CLI_CONFIG_FILE, DOCKER_HOST and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of images that the engine has. */
  readonly images: { readonly base: string; readonly store: string; readonly front: string };
  /** A Terraform of version 1.5 or newer. */
  readonly terraform: string;
  /** OpenTofu, where it is on the machine or was asked for. */
  readonly tofu?: string;
  /** A Python with the clients that the examples in Python use. */
  readonly python: string;
  /** A Go that can build modules. */
  readonly go: string;
  /** Eclipse Paho for Java. */
  readonly pahoJar: string;
  /** TLS port of the engine, when the set-up has started it. */
  readonly engineTls?: { readonly address: string; readonly certPath: string };
  /** Parts that are not there, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

/** Reads it; says what to do when there is none. */
export function testEnvironment(): TestEnvironment {
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const file = process.env.MQTTGW_TEST_ENVIRONMENT || path.join(cache, 'cdktf-mqtt-gateway/environment.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestEnvironment;
  } catch {
    throw new Error(`no test environment in ${file}: run \`node scripts/setup.mjs\` first`);
  }
}

/** The environment for a program that the deploy suite starts. */
export function deployEnvironment(more: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...testEnvironment().env, ...more };
}
