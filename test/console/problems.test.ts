/** What the gateway says in English the pages say in Chinese too. */
import { describe, expect, it } from 'vitest';
import { zhAlarms, zhProblems } from '../../runtime/console/src/i18n/zh-problems';
import { zh } from '../../runtime/console/src/i18n/zh';
import { problemsOf } from '../../runtime/src/api/openapi';
import { operations } from '../../runtime/src/api/operations';
import { API_CODES } from '../../runtime/src/api/problem';
import { ALARM_NAMES } from '../../runtime/src/quota/alarms';
import { openLoggedIn, startWorld, visit } from './world';

const CHINESE = /[\u4e00-\u9fff].*。$/;

describe('refusals and alarms on the Chinese pages', () => {
  it('every code that the control API answers has a Chinese sentence, and none stands for nothing', () => {
    const codes = new Set([...API_CODES, ...operations.flatMap((operation) => problemsOf(operation))]);
    expect(codes.size).toBeGreaterThan(40);
    for (const code of codes) expect([code, zhProblems[code]]).toEqual([code, expect.stringMatching(CHINESE)]);
    expect(Object.keys(zhProblems).filter((code) => !codes.has(code))).toEqual([]);
  });

  it('every alarm has a name and a Chinese sentence', () => {
    expect(Object.keys(zhAlarms).sort()).toEqual([...ALARM_NAMES].sort());
    for (const name of ALARM_NAMES) expect([zh.instance.alarmNames[name], zhAlarms[name]]).toEqual([expect.any(String), expect.stringMatching(CHINESE)]);
  });

  it('N2 E7 a page shows the sentence, and folds away what the gateway said', async () => {
    const world = await startWorld();
    try {
      const watched = await openLoggedIn(world, { language: 'zh', expected: [/409 /, /422 /] }, 'admin', '#/topics');
      const { page } = watched;
      await page.getByRole('button', { name: zh.topics.create }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(zh.common.name).fill('DEMO');
      await dialog.getByRole('button', { name: zh.common.create }).click();
      const note = dialog.getByRole('alert');
      await note.getByText(zhProblems['topic-exists']!).waitFor();
      const said = note.getByText('this instance has a parent topic of this name');
      expect(await said.isVisible()).toBe(false);
      await note.getByText(zh.errors.original).click();
      expect(await said.isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      await visit(world, watched, 'instance');
      await page.getByText(zhAlarms['expiry']!).waitFor();
      expect(watched.complaints()).toEqual([]);
    } finally {
      await world.stop();
    }
  });
});
