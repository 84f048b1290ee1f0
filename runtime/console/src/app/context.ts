/** What every page needs: the texts, how numbers are written, who is logged in, and the way to tell something. */
import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { Session } from '../api/types';
import { formatAgo, formatBytes, formatCompact, formatDuration, formatNumber, formatTime } from '../format/format';
import type { Dictionary } from '../i18n/en';
import { LANGUAGES, type Language } from '../i18n/languages';
import type { Theme } from './preferences';

export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}

export interface App {
  readonly session: Session;
  /** Shown for a moment, and read out. */
  tell(text: string): void;
  logOut(): void;
}

export const SettingsContext = createContext<Settings>(undefined as never);
export const AppContext = createContext<App>(undefined as never);

export const useSettings = (): Settings => useContext(SettingsContext);
export const useApp = (): App => useContext(AppContext);
export const useTexts = (): Dictionary => LANGUAGES[useSettings().language].texts;

export function useFormat() {
  const { tag } = LANGUAGES[useSettings().language];
  return useMemo(() => ({
    tag,
    number: (value: number) => formatNumber(value, tag),
    compact: (value: number) => formatCompact(value, tag),
    bytes: (value: number) => formatBytes(value, tag),
    time: (milliseconds: number) => formatTime(milliseconds, tag),
    ago: (milliseconds: number) => formatAgo(milliseconds, Date.now(), tag),
    duration: (seconds: number) => formatDuration(seconds, tag),
  }), [tag]);
}
