import { render } from 'preact';
import { Root } from './app/root';
import { applyTheme, storedTheme } from './app/preferences';

applyTheme(storedTheme());
render(<Root />, document.getElementById('app')!);
