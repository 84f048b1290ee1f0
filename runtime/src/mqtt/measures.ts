import type { AppendQueue } from './append-queue';
import type { ClientConnection } from './client-connection';

/** How the broker stands at this moment, for metrics. */
export interface BrokerMeasures {
  /** Connections that have not been admitted. */
  readonly unadmitted: number;
  readonly cleanSessions: number;
  readonly persistentSessions: number;
  /** Messages that wait in memory for connected clients. */
  readonly deliveryQueue: number;
  /** Connections whose socket is not read because too much of theirs waits for the store. */
  readonly heldPublishers: number;
  /** Not answered by the store yet. */
  readonly appendMessages: number;
  readonly appendBytes: number;
  /** Message ID of what was routed last. */
  readonly routed: number;
}

/** What is measured. */
export interface Measured {
  readonly all: ReadonlySet<ClientConnection>;
  readonly admitted: ReadonlyMap<string, ClientConnection>;
  readonly heldBack: ReadonlySet<unknown>;
  readonly appends: AppendQueue;
  readonly routed: number;
}

export function measure({ all, admitted, heldBack, appends, routed }: Measured): BrokerMeasures {
  const sessions = [...admitted.values()].flatMap(({ session }) => session ?? []);
  const cleanSessions = sessions.filter(({ cleanSession }) => cleanSession).length;
  return {
    unadmitted: all.size - sessions.filter(({ closed }) => !closed).length,
    cleanSessions, persistentSessions: sessions.length - cleanSessions,
    deliveryQueue: sessions.reduce((sum, { backlog }) => sum + backlog, 0),
    heldPublishers: heldBack.size,
    appendMessages: appends.pendingMessages, appendBytes: appends.pendingBytes,
    routed,
  };
}
