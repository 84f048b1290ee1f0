import { choices, Segmented } from '../components/field';
import { LANGUAGES, type Language } from '../i18n/languages';
import { useSettings, useTexts } from './context';

export function SettingsSwitches() {
  const t = useTexts();
  const { language, theme, setLanguage, setTheme } = useSettings();
  return (
    <div class="settings">
      <Segmented hideLabel label={t.common.theme} value={theme} onChange={setTheme} options={choices({ system: t.common.system, light: t.common.light, dark: t.common.dark })} />
      <Segmented hideLabel label={t.common.languageLabel} value={language} onChange={setLanguage} options={(Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value].texts.language }))} />
    </div>
  );
}
