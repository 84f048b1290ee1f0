/** What every test of the console needs: a gateway in a process of its own, clients of it, and a browser that watches what a page does. */
import { randomBytes } from 'node:crypto';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { chromium, type Browser, type Page } from 'playwright-core';
import { clientOptions, startStorage, type TestStorage } from '../gateway/harness';
import { documents, PASSWORDS, topic } from '../gateway/documents';
import { gatewayProcess, type GatewayProcess } from '../gateway/gateway-process';

/** Debian's; another one by the environment. */
const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface World {
  readonly storage: TestStorage;
  readonly gateway: GatewayProcess;
  readonly browser: Browser;
  /** `http://127.0.0.1:port/console/` */
  readonly url: string;
  connect(clientId: string, more?: IClientOptions): Promise<MqttClient>;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const endpoint = (scheme: string, port: number) => ({ address: `mqtt.example.com:${port}`, url: `${scheme}://mqtt.example.com:${port}` });
  const storage = await startStorage('redis', documents(
    { publicEndpoints: { tcp: endpoint('mqtt', 1883), tls: endpoint('mqtts', 8883) }, billing: 'prepaid', expiry: new Date(Date.now() + 5 * 86_400_000).toISOString() },
    { topics: [topic('demo', { remark: 'for tests' }), topic('orders', { type: 'global-ordered' }), topic('readonly', { permission: 'subscribe' })] },
  ));
  const gateway = await gatewayProcess(storage.redis!.url);
  const clients: MqttClient[] = [];
  await gateway.start();
  const browser = await launchBrowser();
  return {
    storage, gateway, browser,
    url: `http://127.0.0.1:${gateway.httpPort}/console/`,
    async connect(clientId, more = {}) {
      const { url, options } = clientOptions(gateway.port, clientId);
      const client = await mqtt.connectAsync(url, { ...options, ...more });
      client.on('error', () => undefined); // the close that follows is what tests wait for
      clients.push(client);
      return client;
    },
    async stop() {
      await browser.close();
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await gateway.cleanUp();
      await storage.close();
    },
  };
}

export interface Watched {
  readonly page: Page;
  /** What a page must not do: errors, violations of its policy, requests elsewhere. Known ones are let out by `expected`. */
  complaints(): string[];
  /** Bodies and addresses of all requests. */
  sent(): string;
  close(): Promise<void>;
}

export interface PageOptions { readonly language?: 'en' | 'zh'; readonly width?: number; readonly dark?: boolean; readonly expected?: readonly RegExp[] }

/** Whether somebody is logged in is asked first; that nobody is, the browser tells as an error of the page. */
const ALWAYS_EXPECTED = [/401 .*\/api\/v1\/console\/session/];

export async function openPage(world: World, { language = 'en', width = 1280, dark = false, expected = [] }: PageOptions = {}): Promise<Watched> {
  const context = await world.browser.newContext({ viewport: { width, height: 800 }, locale: language === 'zh' ? 'zh-CN' : 'en-GB', colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  const told: string[] = [];
  const sent: string[] = [];
  const tell = (text: string): void => { if (![...ALWAYS_EXPECTED, ...expected].some((known) => known.test(text))) told.push(text); };
  const { origin } = new URL(world.url);
  page.on('pageerror', (error) => tell(`error ${error.message}`));
  page.on('console', (message) => {
    // of a refused request the answer itself tells more
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) tell(`${message.type()} ${message.text()}`);
  });
  page.on('request', (request) => {
    sent.push(`${request.method()} ${request.url()} ${request.postData() ?? ''}`);
    if (new URL(request.url()).origin !== origin) tell(`request elsewhere ${request.url()}`);
  });
  page.on('response', (response) => { if (response.status() >= 400) tell(`${response.status()} ${response.request().method()} ${response.url()}`); });
  page.on('dialog', (dialog) => { tell(`script ran: ${dialog.message()}`); void dialog.dismiss(); });
  return { page, complaints: () => told, sent: () => sent.join('\n'), close: () => context.close() };
}

export async function logIn(world: World, { page }: Watched, user = 'admin', hash = ''): Promise<void> {
  await page.goto(world.url + hash);
  await page.locator('input[name=user]').fill(user);
  await page.locator('input[name=password]').fill(PASSWORDS[user]!);
  await page.locator('button[type=submit]').click();
  await page.locator('main h1').waitFor();
  await page.locator('nav a[aria-current=page]').waitFor({ state: 'attached' });
}

export async function openLoggedIn(world: World, options?: PageOptions, user?: string, hash?: string): Promise<Watched> {
  const watched = await openPage(world, options);
  await logIn(world, watched, user, hash);
  return watched;
}

export async function visit(world: World, { page }: Watched, hash: string): Promise<void> {
  await page.goto(`${world.url}#/${hash}`);
}

export const uniqueDevice = (): string => `GID_main@@@${randomBytes(5).toString('hex')}`;
