/**
 * Property tests of the control API, made from its own OpenAPI document by a generator that nobody here wrote: every operation, on a real
 * gateway, with signed requests. No answer is a fault of the gateway, and each has a status and a form that the document names.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../runtime/src/api/operations';
import { testEnvironment } from '../setup/environment';
import { api } from './api-harness';
import { SECRETS } from './documents';
import { connect, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

const CHECKS = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance',
  'negative_data_rejection',
];
const SECONDS = 40;
/** Below the rate limit of a key. */
const RATE = '40/s';

describe('the control API keeps what its OpenAPI document says', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  let known: { readonly [parameter: string]: string | number };
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-schemathesis-'));
  beforeAll(async () => {
    storage = await startStorage('embedded');
    gateway = await startTestGateway(storage);
    const client = await connect(gateway, 'GID_main@@@online', { clean: false });
    await client.subscribeAsync('demo/#', { qos: 1 });
    const { body } = await api(gateway.port('http'))('POST', '/messages', { topic: 'demo/a', payload: 'x' });
    known = { clientId: 'GID_main@@@online', name: 'demo', messageId: body.messageId };
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('whatever is asked', async () => {
    const answersFile = path.join(folder, 'answers');
    const args = [
      '-m', 'schemathesis.cli', 'run', `http://127.0.0.1:${gateway.port('http')}/api/v1/openapi.json`, '--phases', 'coverage,fuzzing', '--checks', CHECKS.join(),
      '--max-time', String(SECONDS), '--rate-limit', RATE, '--seed', process.env['MQTTGW_TEST_SEED'] ?? '1', '--continue-on-failure', '--no-color', '--generation-database', 'none',
    ];
    await promisify(execFile)(testEnvironment().python, args, {
      cwd: folder, maxBuffer: 2 ** 26,
      env: {
        ...process.env, SCHEMATHESIS_HOOKS: path.resolve(import.meta.dirname, 'schemathesis/signing.py'), MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: SECRETS['main-key'],
        KNOWN_PARAMETERS: JSON.stringify(known), ANSWERS_FILE: answersFile,
      },
    }).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => { throw new Error(`${stdout}\n${stderr}`); });

    // what was asked came as far as the operations
    const answers = readFileSync(answersFile, 'utf8').trim().split('\n').map((line) => line.split(' ') as [string, string]);
    const done = new Set(answers.filter(([, status]) => status.startsWith('2')).map(([operation]) => operation));
    expect(new Set(answers.map(([operation]) => operation))).toEqual(new Set(operations.map(({ id }) => id)));
    expect(done.size).toBeGreaterThan(operations.length / 2);
    expect(answers.filter(([, status]) => status === '401').every(([operation]) => operation.includes('Console'))).toBe(true);
  });
});
