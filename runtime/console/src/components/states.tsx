/** What stands where data are not: on their way, refused, none at all, or not known to this gateway. */
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client';
import type { Query } from '../api/use-query';
import { useTexts } from '../app/context';
import { Button } from './button';
import { Icon, type IconName } from './icon';

export function Empty({ title, hint, icon = 'empty', children }: { title: string; hint?: string; icon?: IconName; children?: ComponentChildren }) {
  return <div class="empty"><Icon name={icon} size={30} /><p class="empty-title">{title}</p>{hint && <p class="muted">{hint}</p>}{children}</div>;
}

export function Skeleton({ rows = 3 }: { rows?: number }) {
  const t = useTexts();
  return <div class="skeleton" role="status" aria-label={t.common.loading}>{Array.from({ length: rows }, (_, row) => <span key={row} />)}</div>;
}

/** What was got, what is allowed and how to fix it: in the gateway's words, below a sentence of the reader's language where there is one. */
export function ErrorNote({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  const t = useTexts();
  const unreachable = error.isUnreachable;
  const sentence = t.errors.sentences[error.code];
  const particulars = (
    <>
      {error.allowed && !error.message.includes(error.allowed) && <p>{t.errors.allowed}: {error.allowed}</p>}
      {error.fix && !error.message.includes(error.fix) && <p>{t.errors.fix}: {error.fix}</p>}
    </>
  );
  return (
    <div class="note note-danger" role="alert">
      <Icon name="alert" />
      <div>
        <p class="note-title">{unreachable ? t.errors.unreachable : sentence ?? error.message}</p>
        {unreachable ? <p>{t.errors.fix}: {t.errors.unreachableFix}</p>
          : sentence === undefined ? particulars : <details class="small"><summary>{t.errors.original}</summary><p lang="en">{error.message}</p>{particulars}</details>}
        {!unreachable && <p class="muted small">{t.errors.code}: <code>{error.code}</code></p>}
        {onRetry && <Button small onClick={onRetry} icon="refresh">{t.common.retry}</Button>}
      </div>
    </div>
  );
}

export function Unavailable() {
  const t = useTexts();
  return <Empty icon="off" title={t.errors.unavailable} hint={t.errors.unavailableHint} />;
}

/** Shows the data of a query, and as well as it can what is wrong with them. */
export function Loaded<T>({ query, rows, children }: { query: Query<T>; rows?: number; children: (data: T) => ComponentChildren }) {
  const t = useTexts();
  const { data, error, loading, refresh } = query;
  if (data !== undefined && !(error && !error.isUnreachable && error.status < 500)) {
    return <>{error && <p class="stale" role="status"><Icon name="alert" size={15} />{t.common.stale}</p>}{children(data)}</>;
  }
  if (error?.isUnavailable) return <Unavailable />;
  if (error) return <ErrorNote error={error} onRetry={refresh} />;
  return loading ? <Skeleton {...(rows !== undefined && { rows })} /> : null;
}
