/** A script of its own that the page waits for, so that nothing is ever drawn in the wrong theme. */
import { applyTheme, storedTheme } from './preferences';

applyTheme(storedTheme());
