/** Logging in to the console, and out of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { en } from '../../runtime/console/src/i18n/en';
import { openLoggedIn, openPage, logIn, startWorld, visit, type World } from './world';

let world: World;
beforeAll(async () => { world = await startWorld(); });
afterAll(async () => world.stop());

describe('the log-in of the console', () => {
  it('refuses a wrong password and an unknown user with the same words, and lets the right one in', async () => {
    const watched = await openPage(world);
    const { page } = watched;
    await page.goto(world.url);
    for (const user of ['admin', 'nobody']) {
      await page.locator('input[name=user]').fill(user);
      await page.locator('input[name=password]').fill('wrong-password');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText(en.login.wrong).waitFor();
      expect(await page.locator('input[name=password]').inputValue()).toBe('');
    }
    await logIn(world, watched);
    await page.getByText('admin', { exact: true }).waitFor();
    await watched.close();
  });

  it('comes back to the page that was asked for, keeps the session over a reload, and ends it', async () => {
    const watched = await openLoggedIn(world, {}, 'admin', '#/groups');
    const { page } = watched;
    await page.locator('main h1', { hasText: en.groups.heading }).waitFor();
    await page.reload();
    await page.locator('main h1', { hasText: en.groups.heading }).waitFor();
    expect(await page.evaluate<string>('document.cookie'), 'no script reads the session').toBe('');
    await page.getByRole('button', { name: en.login.logout }).click();
    await page.locator('input[name=user]').waitFor();
    await page.reload();
    await page.locator('input[name=user]').waitFor();
    await watched.close();
  });

  it('stays and tells why when logging out fails: the session may stand', async () => {
    const watched = await openLoggedIn(world, { expected: [/503 DELETE/] }, 'admin', '#/groups');
    const { page } = watched;
    const isLogOut = (request: { method(): string }) => request.method() === 'DELETE';
    await page.route('**/api/v1/console/session', (route) => (isLogOut(route.request()) ? route.fulfill({ status: 503, json: { code: 'store-away', message: 'the store is away' } }) : route.fallback()));
    await page.getByRole('button', { name: en.login.logout }).click();
    const told = page.getByRole('alert').filter({ hasText: 'the store is away' });
    await told.waitFor();
    expect(await page.locator('input[name=user]').count()).toBe(0);
    await page.unroute('**/api/v1/console/session');
    await told.getByRole('button', { name: en.common.retry }).click();
    await page.locator('input[name=user]').waitFor();
    expect(watched.complaints()).toEqual([]);
    await watched.close();
  });

  it('asks for a log-in again when the session has ended, and then goes on where it was', async () => {
    const watched = await openLoggedIn(world, { expected: [/401 /] }, 'admin', '#/groups');
    const { page } = watched;
    await page.locator('main table').waitFor();
    await page.context().clearCookies();
    await page.getByText(en.login.ended).waitFor();
    await logIn(world, watched, 'admin', '#/groups');
    await page.locator('main h1', { hasText: en.groups.heading }).waitFor();
    await watched.close();
  });

  it('A4 shows a sub-account its own groups alone', async () => {
    const watched = await openLoggedIn(world, {}, 'contractor', '#/groups');
    const { page } = watched;
    await page.getByText('GID_sub', { exact: true }).waitFor();
    expect(await page.getByText('GID_main', { exact: true }).count()).toBe(0);
    await visit(world, watched, 'clients/GID_main%40%40%40device');
    await page.getByRole('alert').waitFor();
    await watched.close();
  });
});
