/** Every operation of the control API. */
import { clientOperations } from './clients';
import { deviceOperations } from './devices';
import { groupOperations } from './groups';
import { instanceOperations } from './instance';
import { messageOperations } from './messages';
import type { Operation } from './operation';
import { tokenOperations } from './tokens';
import { topicOperations } from './topics';

export const operations: readonly Operation[] = [
  ...instanceOperations, ...topicOperations, ...groupOperations, ...messageOperations, ...clientOperations, ...tokenOperations, ...deviceOperations,
];
