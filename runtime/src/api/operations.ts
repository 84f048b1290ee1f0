/** Every operation of the control API. */
import { accessKeyOperations } from './access-keys';
import { alarmOperations } from './alarms';
import { clientOperations } from './clients';
import { consoleSessionOperations } from './console-session';
import { deviceTraceOperations } from './device-traces';
import { deviceOperations } from './devices';
import { groupOperations } from './groups';
import { instanceOperations } from './instance';
import { messageTraceOperations } from './message-traces';
import { messageOperations } from './messages';
import { notificationOperations } from './notifications';
import type { Operation } from './operation';
import { reportOperations } from './reports';
import { stateOperations } from './state';
import { storedMessageOperations } from './stored-messages';
import { tokenOperations } from './tokens';
import { topicOperations } from './topics';

export const operations: readonly Operation[] = [
  ...instanceOperations, ...stateOperations, ...topicOperations, ...storedMessageOperations, ...groupOperations, ...messageOperations, ...clientOperations, ...accessKeyOperations, ...tokenOperations, ...deviceOperations, ...messageTraceOperations, ...deviceTraceOperations, ...reportOperations,
  ...consoleSessionOperations,
  ...alarmOperations, ...notificationOperations,
];
