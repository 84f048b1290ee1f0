/** Every page of the console, in both languages, on a wide and a narrow screen. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { en } from '../../runtime/console/src/i18n/en';
import { zh } from '../../runtime/console/src/i18n/zh';
import { logIn, openLoggedIn, openPage, startWorld, uniqueDevice, visit, type World } from './world';

let world: World;
beforeAll(async () => { world = await startWorld(); });
afterAll(async () => world.stop());

const PAGES = (t: typeof en | typeof zh): readonly (readonly [string, string])[] => [
  ['overview', t.overview.heading], ['instance', 'test-instance'], ['reports', t.reports.heading],
  ['topics', t.topics.heading], ['topics/demo', t.topics.messagesHeading('demo')], ['message-trace', t.traces.messageHeading],
  ['groups', t.groups.heading], ['groups/GID_main', t.groups.samplesHeading('GID_main')],
  ['clients', t.clients.heading], ['clients?by=topic&topic=demo', t.clients.heading], ['clients?by=client', t.clients.heading],
  ['device-trace', t.traces.deviceHeading], ['signature', t.signature.heading], ['tokens', t.tokens.heading], ['devices', t.devices.heading],
];


describe('the pages of the console', () => {
  it.each([['en', en, 1280, false], ['zh', zh, 1280, true], ['en', en, 360, false], ['zh', zh, 360, false]] as const)('open without complaint in %s', async (language, texts, width, dark) => {
    const device = uniqueDevice();
    const client = await world.connect(device);
    await client.subscribeAsync('demo/#');
    await client.publishAsync('demo/a', '{"celsius": 21}', { qos: 1 });
    const watched = await openLoggedIn(world, { language, width, dark });
    const { page } = watched;
    for (const [hash, heading] of [...PAGES(texts), [`clients/${encodeURIComponent(device)}`, texts.clients.heading], [`device-trace/${encodeURIComponent(device)}`, texts.traces.deviceHeading]] as const) {
      await visit(world, watched, hash);
      await page.locator('main h1', { hasText: heading }).waitFor();
      await expect.poll(() => page.locator('.skeleton').count(), { message: hash }).toBe(0);
      expect(await page.title()).toContain(heading);
      const [whole, seen] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, document.documentElement.clientWidth]');
      expect(whole, `${hash} at ${width} pixels`).toBeLessThanOrEqual(seen);
      expect(await page.locator('.note-danger').count(), `${hash} shows an error`).toBe(0);
    }
    expect(await page.locator('html').getAttribute('lang')).toBe(language === 'zh' ? 'zh-CN' : 'en');
    expect(watched.complaints()).toEqual([]);
    await watched.close();
    await client.endAsync();
  });

  it('A4 open without complaint for a sub-account', async () => {
    const watched = await openLoggedIn(world, {}, 'contractor');
    for (const [hash, heading] of PAGES(en).filter(([each]) => each !== 'groups/GID_main')) {
      await visit(world, watched, hash);
      await watched.page.locator('main h1', { hasText: heading }).waitFor();
      await expect.poll(() => watched.page.locator('.skeleton').count(), { message: hash }).toBe(0);
    }
    expect(watched.complaints()).toEqual([]);
    await watched.close();
  });

  it('shows what was declared: endpoints to copy, binding, expiry, quota and use (L1, L2, P1, E7)', async () => {
    const watched = await openLoggedIn(world, {});
    const { page } = watched;
    await page.locator('.meter', { hasText: en.overview.mqttInstances }).getByText('/ 8').waitFor();
    await page.locator('.meter', { hasText: en.overview.platinumStorage }).getByText(en.common.noLimit).waitFor();
    await visit(world, watched, 'instance');
    await page.getByText('mqtt.example.com:1883', { exact: true }).waitFor();
    await page.getByText('test-storage').waitFor();
    await page.getByText(en.instance.expiresIn(5)).waitFor();
    await watched.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: en.common.copyOf('mqtts://mqtt.example.com:8883') }).click();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe('mqtts://mqtt.example.com:8883');
    await watched.close();
  });

  it('fills the sample code with this instance and holds no secret', async () => {
    const watched = await openLoggedIn(world, {}, 'admin', '#/groups/GID_main');
    const { page } = watched;
    for (const language of ['Node', 'Python', 'Go', 'Java']) {
      await page.getByRole('radio', { name: language }).check();
      const code = page.locator('.code-block').nth(1);
      for (const value of ['mqtt://mqtt.example.com:1883', '"test-instance"', 'GID_main@@@', 'demo/hello']) {
        await expect.poll(async () => (await code.innerText()).replace(/'/g, '"')).toContain(value);
      }
      expect(await code.innerText()).not.toContain('quickstart');
    }
    await watched.close();
  });

  it('keeps the chosen language and appearance over a reload, and the page', async () => {
    const watched = await openLoggedIn(world, {}, 'admin', '#/groups');
    const { page } = watched;
    await page.getByRole('radio', { name: '中文' }).check();
    await page.getByRole('radio', { name: zh.common.dark }).check();
    await page.reload();
    await page.locator('main h1', { hasText: zh.groups.heading }).waitFor();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(15, 20, 19)');
    await watched.close();
  });

  it('looks as the system asks for from the first moment on, follows it, and keeps to a choice', async () => {
    const watched = await openPage(world, { dark: true });
    const { page } = watched;
    const theme = () => page.locator('html').getAttribute('data-theme');
    // without the console's own script the page's head alone has decided
    await page.route('**/assets/console-*.js', (route) => route.abort());
    await page.goto(world.url);
    expect(await theme()).toBe('dark');
    expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(15, 20, 19)');
    await page.unroute('**/assets/console-*.js');
    await logIn(world, watched);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(theme).toBe('light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(theme).toBe('dark');
    await page.getByRole('radio', { name: en.common.light }).check();
    await expect.poll(theme).toBe('light');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await theme()).toBe('light');
    await page.getByRole('radio', { name: en.common.system }).check();
    await expect.poll(theme).toBe('dark');
    await watched.close();
  });

  it('is used by the keyboard: skip link, a dialog that keeps the focus and gives it back', async () => {
    const watched = await openLoggedIn(world, {}, 'admin', '#/topics');
    const { page } = watched;
    await page.reload();
    await page.locator('main table').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe(en.common.skip);
    await page.keyboard.press('Enter');
    expect(await page.locator(':focus').getAttribute('id')).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe(en.topics.create);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: en.topics.create });
    await dialog.waitFor();
    expect(await dialog.locator(':focus').count()).toBe(1);
    for (let n = 0; n < 12; n++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate<boolean>('document.activeElement === document.body || document.activeElement.closest("dialog") !== null')).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator(':focus').innerText()).toBe(en.topics.create);
    await watched.close();
  });
});
