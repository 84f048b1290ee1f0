import type { HandedOut } from '../auth/handed-out';
import { ERRORS } from '../errors';
import { EVENTS, type EventName } from '../events';
import type { ClientConnection } from './client-connection';

export interface ClientDevicesContext {
  readonly handedOut: HandedOut;
  byClientId(clientId: string): ClientConnection | undefined;
  event(name: EventName, connection: ClientConnection | null, fields: { readonly [name: string]: unknown }): void;
}

const STEP = 200;

/** Connections that stand on a device's own credential (A3): closed when it is refreshed or unregistered. */
export class ClientDevices {
  private readonly clients = new Set<ClientConnection>();

  constructor(private readonly context: ClientDevicesContext) {}

  join(connection: ClientConnection): void {
    if (connection.principal!.deviceKeyId === undefined) return;
    this.clients.add(connection);
    // it may have changed while the session was opened, and only who has joined is told
    this.look([connection]).catch(() => connection.close(EVENTS.storeAway));
  }

  leave(connection: ClientConnection): void {
    this.clients.delete(connection);
  }

  /** Null: any may have changed. Rejects when the store is away: whoever tells of changes tells again. */
  changed(clientId: string | null): Promise<void> {
    if (clientId === null) return this.look([...this.clients]);
    const connection = this.context.byClientId(clientId);
    return connection !== undefined && this.clients.has(connection) ? this.look([connection]) : Promise.resolve();
  }

  private async look(connections: readonly ClientConnection[]): Promise<void> {
    for (let at = 0; at < connections.length; at += STEP) {
      const step = connections.slice(at, at + STEP);
      const secrets = await this.context.handedOut.deviceSecrets(step.map(({ clientId }) => clientId));
      step.forEach((connection, i) => {
        const { deviceKeyId, secretTag } = connection.principal!;
        if (secrets[i]?.deviceKeyId !== deviceKeyId || secrets[i]?.secretTag !== secretTag) this.end(connection);
      });
    }
  }

  private end(connection: ClientConnection): void {
    if (!this.clients.delete(connection)) return;
    this.context.event(EVENTS.deviceRevoked, connection, { reason: 'device-refreshed', detail: ERRORS['device-refreshed'] });
    connection.keptWill = null;
    connection.close(EVENTS.deviceRevoked);
  }
}
