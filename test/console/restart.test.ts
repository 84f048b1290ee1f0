/** A gateway that goes and comes back, seen by a page that stays open. */
import { expect, it } from 'vitest';
import { en } from '../../runtime/console/src/i18n/en';
import { openLoggedIn, startWorld } from './world';

it('keeps what it shows while the gateway is away, says so, and goes on when it is back', async () => {
  const world = await startWorld();
  try {
    const { page } = await openLoggedIn(world, {}, 'admin', '#/topics');
    await page.getByRole('row', { name: /^demo/ }).waitFor();
    await page.evaluate('window.sameDocument = true');
    await world.gateway.kill9();
    await page.getByText(en.common.stale).waitFor();
    expect(await page.getByRole('row', { name: /^demo/ }).count()).toBe(1);
    await world.gateway.start();
    await page.getByText(en.common.stale).waitFor({ state: 'detached' });
    const client = await world.connect('GID_main@@@after-restart');
    await client.publishAsync('demo/a', 'counted after the restart', { qos: 1 });
    await page.getByRole('row', { name: /^demo .* 1 25 B/ }).waitFor();
    expect(await page.evaluate('window.sameDocument'), 'without a reload').toBe(true);
  } finally {
    await world.stop();
  }
});
