import type { Pages } from '../api/use-pages';
import { useTexts } from '../app/context';
import { Button } from './button';
import { ErrorNote } from './states';

/** What follows a list of pages: how many there are so far, and the next ones. */
export function Pager<T>({ pages }: { pages: Pages<T> }) {
  const t = useTexts();
  return (
    <div class="pager">
      <span class="muted small" role="status">{t.common.rows(pages.items?.length ?? 0)}</span>
      {pages.error && pages.items && <ErrorNote error={pages.error} />}
      {pages.more && <Button small onClick={pages.next} busy={pages.busy}>{t.common.more}</Button>}
    </div>
  );
}
