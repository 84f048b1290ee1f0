/** The examples of clients, each with its own language's library, against the quickstart. */
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../console/world';
import { freePorts, launch, ROOT, startDev, synthesize, temporaryFolder, type Dev } from '../embedded/support';
import { testEnvironment } from '../setup/environment';

const folder = path.join(ROOT, 'examples/clients');

interface Language {
  readonly name: string;
  readonly said: string;
  /** Makes what has to be made, and gives the command that runs the client. */
  prepare(): readonly string[];
}

const compiledC = path.join(temporaryFolder(), 'client');
const compiledGo = path.join(temporaryFolder(), 'client');

const LANGUAGES: readonly Language[] = [
  { name: 'Node', said: 'hello from Node', prepare: () => [process.execPath, path.join(folder, 'client.mjs')] },
  { name: 'Python', said: 'hello from Python', prepare: () => [testEnvironment().python, path.join(folder, 'client.py')] },
  {
    name: 'Go', said: 'hello from Go',
    prepare: () => {
      execFileSync(testEnvironment().go, ['build', '-o', compiledGo, '.'], { cwd: path.join(folder, 'go'), env: { ...process.env, CGO_ENABLED: '0' } });
      return [compiledGo];
    },
  },
  { name: 'Java', said: 'hello from Java', prepare: () => ['java', '-cp', testEnvironment().pahoJar, path.join(folder, 'java/Client.java')] },
  {
    name: 'C', said: 'hello from C',
    prepare: () => {
      execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', compiledC, path.join(folder, 'client.c'), '-lmosquitto', '-lcrypto']);
      return [compiledC];
    },
  },
];

describe('examples/clients', () => {
  let dev: Dev;
  beforeAll(async () => { dev = await startDev(['--synth', await synthesize('quickstart'), '--data', temporaryFolder()], await freePorts()); });
  afterAll(() => dev?.kill9());

  const run = (command: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const [program = '', ...args] = command;
    const where = { MQTTGW_URL: `mqtt://127.0.0.1:${dev.ports.tcp}`, MQTTGW_HOST: '127.0.0.1', MQTTGW_PORT: String(dev.ports.tcp) };
    return launch(program, args, { env: { ...where, ...env } }).ended;
  };

  describe.each(LANGUAGES)('$name', ({ said, prepare }) => {
    let command: readonly string[];
    beforeAll(() => { command = prepare(); });

    it('A1 C1 sends a message and gets it', async () => {
      const { code, stdout, stderr } = await run(command);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `demo/hello ${said}\n`, stderr: '' });
    });

    it('A1 says that it was refused, and fails', async () => {
      const { code, stdout, stderr } = await run(command, { MQTTGW_KEY_SECRET: 'another secret' });
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/bad user ?name or password|not authorized|refused|connect/i);
    });

    it('T1 says that its subscription was refused, and fails', async () => {
      const { code, stdout, stderr } = await run(command, { MQTTGW_TOPIC: 'undeclared/hello' });
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/refused|unspecified error|subscri|128|MqttException/i);
    });
  });

  describe('in a browser', () => {
    const files: Record<string, string> = { '/browser.html': path.join(folder, 'browser.html'), '/mqtt.min.js': path.join(ROOT, 'node_modules/mqtt/dist/mqtt.min.js') };
    const server = http.createServer((request, response) => {
      const file = files[new URL(request.url ?? '/', 'http://localhost').pathname];
      if (file === undefined) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': file.endsWith('.html') ? 'text/html' : 'text/javascript' });
      createReadStream(file).pipe(response);
    });
    let browser: Awaited<ReturnType<typeof launchBrowser>>;
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      server.close();
    });

    const open = async (settings: Record<string, string> = {}): Promise<string> => {
      const page = await browser.newPage();
      const query = new URLSearchParams({ url: `ws://127.0.0.1:${dev.ports.websocket}/mqtt`, ...settings });
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/browser.html?${query}`);
      await page.waitForFunction("!document.getElementById('output').textContent.startsWith('connecting')");
      return (await page.textContent('#output')) ?? '';
    };

    it('A1 C1 P1 sends a message and gets it', async () => expect(await open()).toBe('demo/hello hello from a browser'));

    it('A1 says that it was refused', async () => expect(await open({ 'key-secret': 'another secret' })).toMatch(/bad username or password/i));

    it('T1 says that its subscription was refused', async () => expect(await open({ topic: 'undeclared/hello' })).toMatch(/refused|subscribe/i));
  });
});
