/** Language and appearance: what the browser asks for, unless somebody chose otherwise here. */
import { isLanguage, preferredLanguage, type Language } from '../i18n/languages';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const KEYS = { language: 'mqttgw.language', theme: 'mqttgw.theme' } as const;

/** A browser may forbid to keep anything; then a choice lasts as long as the page. */
function read(key: string): string | null {
  try { return localStorage.getItem(key); } catch { return null; }
}

function write(key: string, value: string): void {
  try { localStorage.setItem(key, value); } catch { /* see above */ }
}

export function storedLanguage(): Language {
  const kept = read(KEYS.language);
  return isLanguage(kept) ? kept : preferredLanguage(navigator.languages);
}

export function storeLanguage(language: Language): void { write(KEYS.language, language); }

export function storedTheme(): Theme {
  const kept = read(KEYS.theme);
  return THEMES.find((theme) => theme === kept) ?? 'system';
}

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
let applied: Theme = 'system';

/** What the styles go by is light or dark, never `system`. */
export function applyTheme(theme: Theme): void {
  applied = theme;
  document.documentElement.dataset['theme'] = theme === 'system' ? (systemIsDark.matches ? 'dark' : 'light') : theme;
}

/** Systems change at dusk. */
export function followSystemTheme(): void {
  systemIsDark.addEventListener('change', () => applyTheme(applied));
}

export function storeTheme(theme: Theme): void {
  write(KEYS.theme, theme);
  applyTheme(theme);
}
