// Where things are: the checkout, and the cache that outlives it.
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this checkout. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * What is expensive to make (the Docker provider, Terraform, the base image) is made once a machine, not once a
 * checkout, so it lives outside of the checkout.
 */
export const cacheRoot = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdktf-mqtt-gateway');

/** What the last set-up found, for the tests: see test/setup/environment.ts. */
export const environmentFile = process.env.MQTTGW_TEST_ENVIRONMENT || path.join(cacheRoot, 'environment.json');
