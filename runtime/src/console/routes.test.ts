import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConsoleFiles } from './files';
import { addConsoleRoutes } from './routes';

const root = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-console-'));
const folder = path.join(root, 'console');
const SCRIPT = 'console.log("a page")'.repeat(20);
let on: boolean | null = true;
let app: FastifyInstance;

beforeAll(() => {
  mkdirSync(path.join(folder, 'assets'), { recursive: true });
  writeFileSync(path.join(root, 'secret.txt'), 'outside');
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(path.join(folder, 'assets/app-1.js'), SCRIPT);
  writeFileSync(path.join(folder, 'assets/app-1.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(path.join(folder, 'assets/app-1.js.gz'), gzipSync(SCRIPT));
  const files = readConsoleFiles(folder);
  app = Fastify();
  addConsoleRoutes(app, () => on, () => files);
});
afterAll(async () => {
  await app.close();
  rmSync(root, { recursive: true, force: true });
});

const get = (url: string, headers: { [name: string]: string } = {}) => app.inject({ method: 'GET', url, headers });

describe('files of the console', () => {
  it('the page is asked for anew each time, and answers briefly when nothing changed', async () => {
    const { statusCode, headers, body } = await get('/console/');
    expect([statusCode, headers['content-type'], headers['cache-control'], body]).toEqual([200, 'text/html; charset=utf-8', 'no-cache', '<!doctype html>']);
    const again = await get('/console/index.html', { 'if-none-match': `"x", W/${String(headers.etag)}` });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await get('/console/', { 'if-none-match': '"x"' })).statusCode).toBe(200);
  });

  it('what has a hash in its name is kept for ever', async () => {
    const { headers, body } = await get('/console/assets/app-1.js');
    expect([headers['content-type'], headers['cache-control'], body]).toEqual(['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable', SCRIPT]);
  });

  it.each([
    ['br', 'gzip, deflate, br', 'br'], ['gzip', 'gzip;q=0.5', 'gzip'], ['plain', 'br;q=0, gzip;q=0.0', undefined], ['plain', 'identity', undefined],
  ])('come as they were compressed: %s for "%s"', async (_what, accepted, encoding) => {
    const { headers, rawPayload } = await get('/console/assets/app-1.js', { 'accept-encoding': accepted });
    expect([headers['content-encoding'], headers.vary]).toEqual([encoding, 'accept-encoding']);
    if (encoding === 'br') expect(brotliDecompressSync(rawPayload).toString()).toBe(SCRIPT);
    if (encoding === undefined) expect(rawPayload.toString()).toBe(SCRIPT);
  });

  it('one that is not compressed comes plain, and HEAD tells what GET would', async () => {
    expect((await get('/console/', { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
    const { statusCode, headers, body } = await app.inject({ method: 'HEAD', url: '/console/assets/app-1.js' });
    expect([statusCode, headers['content-length'], body]).toEqual([200, String(SCRIPT.length), '']);
  });

  it.each([
    '/console/../secret.txt', '/console/..%2fsecret.txt', '/console/%2e%2e/secret.txt', '/console/assets/../../secret.txt', '/console/..%5csecret.txt', '/console//etc/passwd',
    '/console/%00', '/console/assets', '/console/assets/', '/console/assets/app-1.js.br', '/console/__proto__', '/console/constructor', '/console/nothing.js',
  ])('there is nothing else: %s', async (url) => {
    const { statusCode, body } = await get(url);
    expect(statusCode).toBe(404);
    expect(body).not.toContain('outside');
  });

  it('carry what keeps other pages out, also where there is no file', async () => {
    for (const url of ['/console/', '/console/assets/app-1.js', '/console/nothing.js']) {
      const { headers } = await get(url);
      expect(headers['content-security-policy']).toBe("default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'");
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
    }
  });

  it.each(['/', '/console'])('%s leads there', async (url) => {
    const { statusCode, headers } = await get(url);
    expect([statusCode, headers.location]).toEqual([302, '/console/']);
  });

  it('there are none before a declaration, and where it says so', async () => {
    const answers = async () => Promise.all(['/', '/console', '/console/', '/console/assets/app-1.js'].map(async (url) => (await get(url)).statusCode));
    on = null;
    expect(await answers()).toEqual([503, 503, 503, 503]);
    on = false;
    expect(await answers()).toEqual([404, 404, 404, 404]);
    on = true;
  });

  it('say what to do when they were not built', async () => {
    const empty = Fastify();
    addConsoleRoutes(empty, () => true, () => readConsoleFiles(undefined));
    const { statusCode, body } = await empty.inject('/console/');
    expect([statusCode, body]).toEqual([404, expect.stringContaining('npm run build')]);
    await empty.close();
  });
});
