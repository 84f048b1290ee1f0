/** docs/control-api.md: what it shows is what a gateway takes. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../runtime/src/api/operations';
import { hashBody, signRequest, stringToSign } from '../../runtime/src/api/signing';
import { runCli } from '../../runtime/src/cli/program';
import { SECRETS } from './documents';
import { startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/control-api.md'), 'utf8');
const blocks = (language: string): string[] => [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\``, 'g'))].map(([, text]) => text!);

describe('the page of the control API', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeAll(async () => {
    storage = await startStorage('embedded');
    gateway = await startTestGateway(storage);
  });
  afterAll(async () => {
    await gateway.stop();
    await storage.close();
  });

  it('shows the string that is signed, and its signature', () => {
    const [toSign, signature] = blocks('text');
    const parts = { method: 'GET', target: '/api/v1/topics', timestamp: 1_800_000_000, nonce: '00112233445566778899aabbccddeeff', bodyHash: hashBody('') };
    expect(toSign).toBe(stringToSign(parts));
    expect(signature).toBe(signRequest('example-secret', parts));
  });

  it('has a program that sends a message', async () => {
    const [program] = blocks('js');
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program!], {
      env: { ...process.env, API_URL: `http://127.0.0.1:${gateway.port('http')}`, MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: SECRETS['main-key'] },
    });
    expect(Number(stdout)).toBeGreaterThan(1_700_000_000_000_000);
  });

  it('has a program that shows why it was refused', async () => {
    const [program] = blocks('js');
    const refused = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program!], {
      env: { ...process.env, API_URL: `http://127.0.0.1:${gateway.port('http')}`, MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: 'another-secret' },
    });
    await expect(refused).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/Error: 401 request-signature-wrong: the AccessKey does not exist.*, or the signature/) as string });
  });

  it('has commands that do what it says', async () => {
    const [commands] = blocks('sh');
    const sink = (): Writable => new Writable({ write: (_chunk, _encoding, written) => written() });
    const context = { stdout: sink(), stderr: sink(), env: { MQTTGW_API_URL: `http://127.0.0.1:${gateway.port('http')}`, MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: SECRETS['main-key'] } };
    for (const line of commands!.split('\n')) expect([line, await runCli(line.replace('npx mqttgw ', '').split(' '), context)]).toEqual([line, 0]);
  });

  it('has whole tables: none goes on behind an empty line', () => {
    const tables = PAGE.split(/\n(?!\|)/).map((block) => block.split('\n').filter((line) => line.startsWith('|'))).filter((lines) => lines.length > 0);
    for (const [head, rule] of tables) expect([head, rule]).toEqual([head, expect.stringMatching(/^\|(-+\|)+$/)]);
  });

  it('names every operation', () => {
    for (const { method, path: at } of operations) expect(PAGE).toContain(`${method} ${at}`);
  });
});
