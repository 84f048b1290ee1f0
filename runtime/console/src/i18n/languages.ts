/** Which languages there are, and which one a browser asks for. */
import { en, type Dictionary } from './en';
import { zh } from './zh';

export const LANGUAGES = { en: { tag: 'en', texts: en as Dictionary }, zh: { tag: 'zh-CN', texts: zh } } as const;
export type Language = keyof typeof LANGUAGES;

export function isLanguage(name: string | null): name is Language {
  return name !== null && Object.hasOwn(LANGUAGES, name);
}

export function preferredLanguage(browser: readonly string[]): Language {
  for (const tag of browser) {
    const name = tag.toLowerCase().split('-')[0]!;
    if (isLanguage(name)) return name;
  }
  return 'en';
}
