/** Connections in the console. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { en } from '../../runtime/console/src/i18n/en';
import { closed } from '../gateway/harness';
import { openLoggedIn, startWorld, uniqueDevice, visit, type Watched, type World } from './world';

let world: World;
let watched: Watched;
beforeAll(async () => {
  world = await startWorld();
  watched = await openLoggedIn(world, { expected: [/404 GET .*\/clients\//] }, 'admin', '#/clients');
});
afterAll(async () => world.stop());

describe('connections', () => {
  it('kicks a client after asking, and the client sees it', async () => {
    const { page } = watched;
    const device = uniqueDevice();
    const client = await world.connect(device);
    const gone = closed(client);
    await visit(world, watched, 'clients?by=group&group=GID_main');
    const row = page.getByRole('row', { name: new RegExp(device) });
    await row.getByRole('button', { name: `${en.clients.kick}: ${device}` }).click();
    const dialog = page.getByRole('dialog', { name: en.clients.kickHeading(device) });
    await dialog.getByRole('button', { name: en.common.cancel }).click();
    expect(client.connected).toBe(true);
    await row.getByRole('button', { name: `${en.clients.kick}: ${device}` }).click();
    await dialog.getByRole('button', { name: en.clients.kick }).click();
    await gone;
    await page.getByText(en.clients.kicked(device)).waitFor();
    await row.waitFor({ state: 'detached' });
  });

  it('follows live who comes, by group and by topic, and shows a session', async () => {
    const { page } = watched;
    const device = uniqueDevice();
    await visit(world, watched, 'clients?by=topic&topic=orders');
    await page.getByText(en.clients.empty).waitFor();
    const client = await world.connect(device);
    await client.subscribeAsync('orders/#', { qos: 2 });
    await page.getByRole('link', { name: device, exact: true }).click();
    await page.getByRole('row', { name: 'orders/# 2' }).waitFor();
    await page.getByText('127.0.0.1').first().waitFor();
    await client.endAsync();
    await page.getByText(en.clients.unknown).waitFor(); // a clean session is gone with its connection
  });

  it('shows a script in a Client ID as text', async () => {
    const { page } = watched;
    // no level separator may stand in a Client ID (C1), so no closing tag either
    const device = 'GID_main@@@<img src=x onerror=alert(1)><script>alert(2)';
    await world.connect(device);
    await visit(world, watched, 'clients?by=group&group=GID_main');
    await page.getByRole('link', { name: device, exact: true }).click();
    await page.locator('.facts').getByText(device, { exact: true }).waitFor();
    await visit(world, watched, `device-trace/${encodeURIComponent(device)}`);
    await page.locator('h2').getByText(device, { exact: true }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(watched.complaints()).toEqual([]);
  });
});

describe('device credentials and tokens', () => {
  it('A3 registers a device, renews its secret and takes it away', async () => {
    const { page } = watched;
    const device = uniqueDevice();
    await visit(world, watched, `devices/${encodeURIComponent(device)}`);
    await page.getByRole('button', { name: en.devices.register }).click();
    await page.getByRole('button', { name: `${en.common.show}: ${en.devices.secret}` }).click();
    const secret = page.locator('.facts > div', { hasText: en.devices.secret }).locator('code');
    const before = await secret.innerText();
    await page.getByRole('button', { name: en.devices.refresh }).click();
    await page.getByRole('dialog').getByRole('button', { name: en.devices.refresh }).click();
    await expect.poll(() => secret.innerText()).not.toBe(before);
    await page.getByRole('button', { name: en.devices.unregister }).click();
    await page.getByRole('dialog').getByRole('button', { name: en.devices.unregister }).click();
    await page.getByText(en.devices.none).waitFor();
  });

  it('A2 applies for a token, queries and revokes it', async () => {
    const { page } = watched;
    await visit(world, watched, 'tokens');
    await page.getByLabel(en.tokens.keyId).selectOption('main-key');
    await page.getByLabel(en.tokens.resources).fill('demo/#\norders/a');
    await page.getByRole('button', { name: en.tokens.submit }).click();
    const token = (await page.locator('.issued .code-block').first().innerText()).trim();
    await page.getByText('Token|main-key|test-instance').waitFor();
    await page.getByLabel(en.tokens.token, { exact: true }).and(page.locator('textarea')).fill(token);
    await page.getByRole('button', { name: en.tokens.check }).click();
    await page.getByText(en.tokens.valid, { exact: true }).waitFor();
    await page.getByText('demo/#, orders/a').waitFor();
    await page.getByRole('button', { name: en.tokens.revoke }).click();
    await page.getByRole('dialog').getByRole('button', { name: en.tokens.revoke }).click();
    await page.getByText(en.tokens.invalid, { exact: true }).waitFor();
  });
});
