import type { Notification } from '../api/observed-types';
import { SLOW_MS, useQuery } from '../api/use-query';
import { useFormat, useTexts } from '../app/context';
import { Ago, Badge } from './layout';
import { Empty, Loaded } from './states';
import { DataTable } from './table';

const TONES = { delivered: 'ok', retrying: 'warn', failed: 'danger' } as const;

/** What the webhook was told, and whether it heard. */
export function NotificationList() {
  const t = useTexts();
  const { number } = useFormat();
  const query = useQuery<{ webhook: string | null; notifications: Notification[] }>('/notifications', SLOW_MS);
  return (
    <Loaded query={query}>
      {({ webhook, notifications }) => (notifications.length === 0 ? <Empty title={webhook === null ? t.instance.noWebhook : t.instance.noNotifications} {...(webhook !== null && { hint: webhook })} /> : (
        <DataTable caption={t.instance.notifications} rows={notifications} keyOf={({ id }) => id} columns={[
          { key: 'event', label: t.instance.event, head: true, cell: ({ event }) => event },
          { key: 'state', label: t.common.state, cell: ({ state }) => <Badge tone={TONES[state] ?? 'quiet'}>{t.instance.states[state] ?? state}</Badge> },
          { key: 'at', label: t.common.time, cell: ({ at }) => <Ago at={at} /> },
          { key: 'attempts', label: t.instance.attempts, figure: true, cell: ({ attempts }) => number(attempts) },
          { key: 'error', label: t.instance.lastError, cell: ({ lastError }) => lastError ?? '' },
        ]} />
      ))}
    </Loaded>
  );
}
