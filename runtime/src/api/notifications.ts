/** What the webhook is told (E1): a list of what was and is to be delivered, and a notification to try it out. */
import { Type, type Static } from '@sinclair/typebox';
import { JournalKeeper, newId, type NotificationEntry } from '../notify/journal';
import { enqueue } from '../notify/outbox';
import type { Caller } from './context';
import { operation } from './operation';
import { pageOf } from './page';
import { ProblemError } from './problem';
import { count, filled, milliseconds, nothing, nullable, page } from './schemas';

const notification = Type.Object({
  id: filled,
  event: Type.String({ description: 'instance-runnable, alarm-raised, alarm-cleared or test' }),
  subject: Type.String({ description: 'what is told of one subject, such as an alarm, arrives in order' }),
  at: milliseconds,
  state: Type.Union([Type.Literal('retrying'), Type.Literal('delivered'), Type.Literal('failed')]),
  attempts: count,
  nextAttemptAt: Type.Optional(milliseconds),
  finishedAt: Type.Optional(milliseconds),
  lastError: Type.Optional(Type.String({ description: 'why the last attempt was not taken' })),
}, { $id: 'Notification' });

export type ListedNotification = Static<typeof notification>;

const list = Type.Object({
  webhook: nullable(Type.String({ description: 'scheme, host and port of the declared URL, whose path may be a secret; null: none is declared' })),
  notifications: Type.Array(notification),
  next: nullable(filled),
});

export type NotificationsAnswer = Static<typeof list>;

export const notificationOperations = [
  operation({
    id: 'listNotifications', method: 'GET', path: '/notifications', tag: 'notifications', summary: 'What the webhook was told and is to be told, newest first; for keys of the main account',
    query: page, status: 200, response: list, problems: ['account-denied'],
    async handle({ query, caller, serving: { store, view } }) {
      mayAsk(caller);
      const { notifications } = await new JournalKeeper(store).read();
      const { items, next } = pageOf([...notifications].reverse(), query);
      const { webhook } = view.manifest;
      return { webhook: webhook === undefined ? null : new URL(webhook.url).origin, notifications: items.map(shown), next };
    },
  }),
  operation({
    id: 'testNotification', method: 'POST', path: '/notifications/test', tag: 'notifications', summary: 'Sends a notification of the event `test` to the webhook; whether it was taken stands in the list',
    body: nothing, status: 201, response: Type.Object({ id: filled }), problems: ['account-denied', 'webhook-undeclared'],
    async handle({ caller, serving: { store, view: { manifest } } }) {
      mayAsk(caller);
      if (manifest.webhook === undefined) throw new ProblemError('webhook-undeclared', { fix: 'declare `webhook` on the MqttInstance and deploy' });
      const [id, origin] = [newId(), { instanceId: manifest.instanceId, name: manifest.name, region: manifest.region.id }];
      await new JournalKeeper(store).change((journal) => enqueue(journal, { event: 'test', subject: id, data: { message: 'a test, sent through the control API' } }, origin, Date.now(), id));
      return { id };
    },
  }),
];

function mayAsk({ main }: Caller): void {
  if (!main) throw new ProblemError('account-denied', { allowed: 'keys of the main account' });
}

function shown({ id, event, subject, at, state, attempts, nextAt, finishedAt, lastError }: NotificationEntry): ListedNotification {
  return {
    id, event, subject, at, state, attempts, ...(state === 'retrying' && { nextAttemptAt: Math.round(nextAt) }), ...(finishedAt !== null && { finishedAt }), ...(lastError !== null && { lastError }),
  };
}
