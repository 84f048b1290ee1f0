/** Topics and messages in the console: made, sent, received, read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { en } from '../../runtime/console/src/i18n/en';
import { collect } from '../gateway/harness';
import { openLoggedIn, startWorld, uniqueDevice, visit, type Watched, type World } from './world';

let world: World;
let watched: Watched;
beforeAll(async () => {
  world = await startWorld();
  watched = await openLoggedIn(world, { expected: [/409 /, /422 /] }, 'admin', '#/topics');
});
afterAll(async () => world.stop());

async function openSend(topic = 'demo') {
  const { page } = watched;
  await visit(world, watched, 'topics');
  await page.getByRole('button', { name: `${en.topics.send}: ${topic}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
}

async function messageIdOf(dialog: ReturnType<Watched['page']['getByRole']>): Promise<string> {
  await dialog.getByText(en.send.sent).waitFor();
  const id = await dialog.locator('.facts code').first().innerText();
  expect(id).toMatch(/^\d{16}$/);
  return id;
}

describe('messages', () => {
  it('T8 sends a message, shows its Message ID, and an MQTT client receives it', async () => {
    const { page } = watched;
    const client = await world.connect(uniqueDevice());
    const received = collect(client);
    await client.subscribeAsync('demo/#', { qos: 2 });
    const dialog = await openSend();
    await dialog.getByLabel(en.send.subTopic).fill('from/console');
    await dialog.getByRole('radio', { name: '2', exact: true }).check();
    await dialog.getByLabel(en.send.payload, { exact: true }).fill('grüße 你好');
    await dialog.getByRole('button', { name: en.send.submit }).click();
    const id = await messageIdOf(dialog);
    expect(await received.until(1)).toEqual([expect.objectContaining({ topic: 'demo/from/console', payload: 'grüße 你好', qos: 2 })]);
    await dialog.getByRole('link', { name: en.send.trace }).click();
    await expect.poll(() => page.url()).toContain(`#/message-trace/${id}`);
    await page.getByText('demo/from/console').first().waitFor();
    await page.getByRole('row', { name: new RegExp(client.options.clientId!) }).getByText(en.traces.states.acknowledged).waitFor();
    await page.getByRole('link', { name: en.traces.byTopic }).click();
    await page.getByRole('link', { name: id, exact: true }).waitFor();
    await visit(world, watched, 'topics/demo');
    await page.locator('.message', { hasText: id }).getByText('grüße 你好').waitFor();
  });

  it('T8 follows a message until all have it, and for two minutes at most; refreshing begins anew', async () => {
    const sender = await world.connect(uniqueDevice());
    const [here, away] = [uniqueDevice(), uniqueDevice()];
    await (await world.connect(here)).subscribeAsync('demo/followed', { qos: 1 });
    const sleeper = await world.connect(away, { clean: false });
    await sleeper.subscribeAsync('demo/slept/#', { qos: 1 });
    await sleeper.endAsync();
    await sender.publishAsync('demo/followed', 'x', { qos: 1 });
    await sender.publishAsync('demo/slept/through', 'x', { qos: 1 });
    const second = await openLoggedIn(world, {}, 'admin', '#/message-trace');
    const { page } = second;
    await page.clock.install();
    await page.reload();
    let asked = 0;
    page.on('response', (response) => { if (/\/traces\/messages\/\d+$/.test(response.url())) asked++; });
    const pageSeconds = () => page.evaluate<number>('Date.now() / 1_000');
    let opened = 0;
    const open = async (topic: string) => {
      await visit(world, second, 'message-trace');
      opened = await pageSeconds();
      await page.getByRole('row', { name: new RegExp(topic) }).getByRole('link').first().click();
      await page.getByText(topic).first().waitFor();
      asked = 0;
    };
    const isStill = async () => await page.getByText(en.traces.followed).count() > 0;
    /** Lets the page's clock run on while it waits for answers: by how much for this, and how far since it was opened. */
    const untilStill = async (mostSeconds: number) => {
      let pushed = 0;
      while (!await isStill() && pushed < mostSeconds) {
        const before = asked;
        await page.clock.runFor(5_000);
        pushed += 5;
        // the page may be still already, and show it a moment later
        await expect.poll(async () => asked > before || await isStill()).toBe(true);
      }
      await page.getByText(en.traces.followed).waitFor();
      return { pushed, passed: await pageSeconds() - opened };
    };
    await open('demo/followed');
    await page.getByRole('row', { name: new RegExp(here) }).getByText(en.traces.states.acknowledged).waitFor();
    expect((await untilStill(60)).pushed).toBeLessThanOrEqual(15);
    await open('demo/slept/through');
    await page.getByRole('row', { name: new RegExp(away) }).getByText(en.traces.states.waiting).waitFor();
    // the page's clock goes on by itself as well
    expect((await untilStill(200)).passed).toBeGreaterThanOrEqual(120);
    const before = asked;
    await page.clock.runFor(60_000);
    expect(asked, 'it is still').toBe(before);
    await page.getByRole('button', { name: en.common.refresh }).click();
    await expect.poll(() => asked).toBe(before + 1);
    await page.getByText(en.traces.following).waitFor();
    expect(second.complaints()).toEqual([]);
    await second.close();
  });

  it('T4 sends to one client alone, and JSON as it was typed', async () => {
    const device = uniqueDevice();
    const [one, other] = [await world.connect(device), await world.connect(uniqueDevice())];
    const [received, overheard] = [collect(one), collect(other)];
    await other.subscribeAsync('demo/#');
    const dialog = await openSend();
    await dialog.getByRole('radio', { name: en.send.targets.client }).check();
    await dialog.getByLabel(en.send.clientId).fill(device);
    await dialog.getByRole('radio', { name: 'JSON' }).check();
    await dialog.getByLabel(en.send.payload, { exact: true }).fill('{"n": 1');
    await dialog.getByText(/^This is not JSON/).waitFor();
    expect(await dialog.getByRole('button', { name: en.send.submit }).isDisabled()).toBe(true);
    await dialog.getByLabel(en.send.payload, { exact: true }).fill('{"n": 12345678901234567890}');
    await dialog.getByRole('button', { name: en.send.submit }).click();
    await messageIdOf(dialog);
    expect(await received.until(1)).toEqual([expect.objectContaining({ topic: `demo/p2p/${device}`, payload: '{"n": 12345678901234567890}' })]);
    expect(overheard.messages).toEqual([]);
    await watched.page.keyboard.press('Escape');
  });

  it('sends Base64 as bytes, and offers no sending where nobody may publish', async () => {
    const client = await world.connect(uniqueDevice());
    const bytes: Buffer[] = [];
    client.on('message', (_topic, payload) => bytes.push(payload));
    await client.subscribeAsync('demo/#', { qos: 1 });
    const dialog = await openSend();
    await dialog.getByRole('radio', { name: 'Base64' }).check();
    await dialog.getByLabel(en.send.payload, { exact: true }).fill('AAH+/w==');
    await dialog.getByRole('button', { name: en.send.submit }).click();
    await messageIdOf(dialog);
    await expect.poll(() => bytes.map((each) => each.toString('hex'))).toEqual(['0001feff']);
    await watched.page.keyboard.press('Escape');
    expect(await watched.page.getByRole('button', { name: `${en.topics.send}: readonly` }).count()).toBe(0);
  });

  it('shows a script in a payload as text', async () => {
    const client = await world.connect(uniqueDevice());
    const script = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
    await client.publishAsync('demo/script', script, { qos: 1 });
    await visit(world, watched, 'topics/demo');
    await watched.page.getByRole('button', { name: en.common.refresh }).click();
    await watched.page.getByText(script, { exact: true }).waitFor();
    expect(watched.complaints()).toEqual([]);
  });
});

describe('the resource report', () => {
  it('counts what was sent and received, and shows it as a table too', async () => {
    const { page } = watched;
    const client = await world.connect(uniqueDevice());
    await client.subscribeAsync('orders/#', { qos: 1 });
    await client.publishAsync('orders/counted', '12345', { qos: 1 });
    await expect.poll(async () => {
      await visit(world, watched, 'reports');
      await page.reload(); // figures are written within 12 seconds
      await page.getByRole('radio', { name: en.reports.sides.consumer }).check();
      await page.getByLabel(en.common.parentTopic).selectOption('orders');
      return page.getByRole('row', { name: /^orders\/counted 1 5 B/ }).waitFor({ timeout: 2_000 }).then(() => true, () => false);
    }, { timeout: 60_000 }).toBe(true);
    await page.locator('.chart canvas').first().waitFor();
    const card = page.locator('section', { has: page.getByRole('heading', { name: en.reports.totals }) });
    await card.getByRole('radio', { name: en.reports.table }).check();
    await card.getByRole('row', { name: / 1$/ }).waitFor();
    expect(watched.complaints()).toEqual([]);
  });
});

describe('topics and groups', () => {
  it('I4 makes a topic and deletes it; what is declared is shown as declared and cannot be deleted', async () => {
    const { page } = watched;
    await visit(world, watched, 'topics');
    const demo = page.getByRole('row', { name: /^demo/ });
    await demo.getByText(en.common.declared).waitFor();
    await demo.locator('time').waitFor(); // when a deploy brought it
    expect(await demo.getByRole('button', { name: `${en.common.delete}: demo` }).count()).toBe(0);
    await page.getByRole('button', { name: en.topics.create }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(en.common.name).fill('DEMO');
    await dialog.getByRole('button', { name: en.common.create }).click();
    await dialog.getByRole('alert').getByText(/a name other than demo/).waitFor();
    await dialog.getByLabel(en.common.name).fill('made-here');
    await dialog.getByLabel(/^Remark/).fill('by a person');
    await dialog.getByRole('button', { name: en.common.create }).click();
    const made = page.getByRole('row', { name: /^made-here/ });
    await made.getByText(en.common.byApi).waitFor();
    await made.getByText('by a person').waitFor();
    await made.getByRole('button', { name: `${en.common.delete}: made-here` }).click();
    await page.getByRole('dialog', { name: en.topics.deleteHeading('made-here') }).getByRole('button', { name: en.common.delete }).click();
    await made.waitFor({ state: 'detached' });
  });

  it('N3 says what is wrong with a group, in the words of the gateway', async () => {
    const { page } = watched;
    await visit(world, watched, 'groups');
    await page.getByRole('button', { name: en.groups.create }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(en.common.groupId).fill('devices');
    await dialog.getByRole('button', { name: en.common.create }).click();
    await dialog.getByRole('alert').getByText(/a name that starts with GID_ or GID-/).waitFor();
    await dialog.getByLabel(en.common.groupId).fill('GID_console');
    await dialog.getByRole('button', { name: en.common.create }).click();
    await page.getByRole('row', { name: /^GID_console/ }).getByText(en.common.byApi).waitFor();
    expect(watched.complaints()).toEqual([]);
  });
});
