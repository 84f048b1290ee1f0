import { render } from 'preact';
import { Root } from './app/root';
import { applyTheme, followSystemTheme, storedTheme } from './app/preferences';

applyTheme(storedTheme());
followSystemTheme();
render(<Root />, document.getElementById('app')!);
