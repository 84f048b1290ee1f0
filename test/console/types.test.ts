/** What the console takes an answer for is what the gateway's schemas say. Most of it is judged when types are checked. */
import type { Static } from '@sinclair/typebox';
import { expect, it } from 'vitest';
import type * as seen from '../../runtime/console/src/api/observed-types';
import type * as console_ from '../../runtime/console/src/api/types';
import type { ListedAccessKey } from '../../runtime/src/api/access-keys';
import type { ClientAnswer, OnlineClient } from '../../runtime/src/api/clients';
import type { DeviceEventAnswer, OnlinePeriod } from '../../runtime/src/api/device-traces';
import type { ListedAlarm } from '../../runtime/src/api/alarms';
import type { MessageTraceAnswer, TracedMessage } from '../../runtime/src/api/message-traces';
import type { ListedNotification } from '../../runtime/src/api/notifications';
import type { ConnectionsAnswer, UsageAnswer } from '../../runtime/src/api/reports';
import type { ListedGroup } from '../../runtime/src/api/groups';
import type { InstanceAnswer } from '../../runtime/src/api/instance';
import type { SentMessage } from '../../runtime/src/api/messages';
import { operations } from '../../runtime/src/api/operations';
import { problemSchema } from '../../runtime/src/api/problem';
import type { StoredMessagePage } from '../../runtime/src/api/stored-messages';
import type { IssuedTokenAnswer, TokenStatusAnswer } from '../../runtime/src/api/tokens';
import type { ListedTopic } from '../../runtime/src/api/topics';

/** Does not compile unless whatever is an A is also a B. */
type Is<A extends B, B> = A;

export type Answers = [
  Is<InstanceAnswer, console_.Instance>, Is<ListedTopic, console_.Topic>, Is<ListedGroup, console_.Group>, Is<ListedAccessKey, console_.AccessKey>, Is<ClientAnswer, console_.Client>, Is<OnlineClient, console_.OnlineClient>,
  Is<SentMessage, console_.SentMessage>, Is<IssuedTokenAnswer, console_.IssuedToken>, Is<TokenStatusAnswer, console_.TokenStatus>,
  Is<StoredMessagePage, seen.StoredMessagePage>, Is<DeviceEventAnswer, seen.DeviceEvent>, Is<OnlinePeriod, seen.OnlinePeriod>, Is<ListedAlarm, seen.Alarm>, Is<ListedNotification, seen.Notification>,
  Is<TracedMessage, seen.TracedMessage>, Is<MessageTraceAnswer, seen.MessageTrace>, Is<UsageAnswer, seen.UsageReport>, Is<ConnectionsAnswer, seen.ConnectionReport>,
  Is<Static<typeof problemSchema>, { code: string; message: string; allowed?: string | undefined; fix?: string | undefined }>,
];

it('asks for operations that there are', () => {
  const known = operations.map(({ method, path }) => `${method} ${path}`);
  for (const asked of [
    'GET /instance', 'GET /topics', 'POST /topics', 'DELETE /topics/{name}', 'GET /topics/{name}/messages', 'POST /messages', 'GET /groups', 'POST /groups', 'DELETE /groups/{name}',
    'GET /clients', 'GET /clients/{clientId}', 'GET /clients/{clientId}/history', 'DELETE /clients/{clientId}/connection', 'GET /online', 'GET /traces/devices/{clientId}',
    'GET /alarms', 'GET /notifications', 'GET /reports/usage', 'GET /reports/connections', 'GET /traces/messages', 'GET /traces/messages/{messageId}', 'GET /access-keys', 'POST /tokens', 'POST /tokens/query', 'POST /tokens/revoke', 'GET /clients/{clientId}/credential', 'GET /console/session',
  ]) expect(known).toContain(asked);
});
