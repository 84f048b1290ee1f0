import type { ConnectPacket } from 'aedes';
import { authenticate, isStillValid, judgeClientId, namesDevice } from '../auth/authenticate';
import type { ConnectRequest } from '../auth/types';
import { EVENTS } from '../events';
import { ERRORS } from '../errors';
import { LIMITS } from '../limits';
import { ConnectionsCeilingError, StoreFullError, StoreUnavailableError } from '../store/errors';
import type { OpenedSession } from '../store/contract';
import type { BrokerContext } from './broker-context';
import { willOf, type ClientConnection } from './client-connection';
import type { PublishSeam } from './publish-seam';
import { Session } from './session';
import type { Wills } from './wills';

/** CONNACK code of a refusal (MQTT 3.1.1, table 3.1). */
type ReturnCode = 2 | 3 | 4 | 5;

class ConnectRefused extends Error {
  constructor(readonly returnCode: ReturnCode, readonly reason: string, detail: string) {
    super(detail);
  }
}

function unavailableOf(reason: string | null): ConnectRefused | null {
  return reason === null ? null : new ConnectRefused(3, reason, reason);
}

type Callback = (error: (Error & { returnCode: number }) | null, success: boolean | null) => void;

/**
 * CONNECT: who the client is, whether it may come in, and its session. The session is opened in the store before CONNACK,
 * so a Client ID has one owner over all gateways (C1).
 */
export class ConnectSeam {
  /** One CONNECT a Client ID at a time, or two could both believe that they took over. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(
    private readonly context: BrokerContext,
    private readonly publishSeam: PublishSeam,
    private readonly wills: Wills,
  ) {}

  /** Takes the will away from aedes, which would fire it for the wrong client after a take-over: the session keeps it. */
  preConnect(connection: ClientConnection, packet: ConnectPacket): void {
    connection.will = willOf(packet.will as never);
    packet.will = undefined;
  }

  authenticate(connection: ClientConnection, username: string | undefined, password: Buffer | undefined, callback: Callback): void {
    this.admit(connection, username, password).then(
      () => callback(null, true),
      (error: Error) => {
        const refused = error instanceof ConnectRefused
          ? error
          : new ConnectRefused(3, error instanceof StoreUnavailableError ? EVENTS.storeAway : 'internal', error.message);
        connection.closeReason ??= refused.reason;
        this.context.event(EVENTS.connectRefused, connection, { returnCode: refused.returnCode, reason: refused.reason, detail: refused.message });
        callback(Object.assign(refused, { returnCode: refused.returnCode }), false);
      },
    );
  }

  private async admit(connection: ClientConnection, username: string | undefined, password: Buffer | undefined): Promise<void> {
    const { client } = connection;
    connection.clientId = client.id;
    const request: ConnectRequest = {
      clientId: connection.connection.connect!.clientId,
      username,
      password,
      cleanSession: client.clean,
      protocolVersion: connection.connection.connect!.protocolVersion,
      listener: connection.connection.listener,
    };
    const { handedOut } = this.context;
    const device = namesDevice(username) && judgeClientId(this.context.view(), request).ok ? await handedOut.device(request.clientId) : null;
    const verdict = authenticate(this.context.view(), request, { token: (token) => handedOut.judgeToken(token), device });
    if (!verdict.ok) throw new ConnectRefused(verdict.returnCode, verdict.refusal.code, verdict.refusal.message);
    const unavailable = unavailableOf(this.context.unavailable());
    if (unavailable !== null) throw unavailable;
    connection.principal = verdict.principal;
    await this.inTurn(client.id, () => this.openSession(connection));
  }

  private async openSession(connection: ClientConnection): Promise<void> {
    const { context } = this;
    const { client, clientId } = connection;
    await this.endEarlier(clientId);
    const { will } = connection;
    connection.keptWill = will !== null && context.view().features.wills ? this.publishSeam.judgeWill(connection, will) : null;
    const opened = await this.takeSession(connection);
    // the other gateway's connection ends by this, and not by a DISCONNECT of its own [MQTT-3.1.2-8]
    if (opened.previousWill) void this.wills.fireOwed(opened.previousWill).catch(() => undefined); // the reaper fires what stays owed
    const session = new Session(opened, clientId, client.clean, connection, context.sessionContext);
    if (client.closed || connection.connection.destroyed) {
      await context.closer.close(session.key, session.close());
      throw new Error('the connection closed during CONNECT');
    }
    // the declaration may have changed meanwhile, and only registered connections are judged again (I5)
    const problem = context.tokens.problemOf(connection);
    const refused = problem !== null ? new ConnectRefused(4, `token-${problem}`, ERRORS[`token-${problem}`]) : isStillValid(context.view(), connection.principal!)
      ? unavailableOf(context.unavailable())
      : new ConnectRefused(5, 'principal-revoked', ERRORS['principal-revoked']);
    if (refused !== null) {
      await context.closer.close(session.key, session.close());
      throw refused;
    }
    connection.session = session;
    connection.opened = opened;
    context.register(connection);
  }

  /** The session, and with it the connection's place below the ceiling (E5). */
  private async takeSession({ clientId, client, keptWill }: ClientConnection): Promise<OpenedSession> {
    const { store, gatewayId, quota } = this.context;
    const { connections } = quota.ceilings;
    try {
      return await store.openSession({ clientId, cleanSession: client.clean, gatewayId, will: keptWill, ...(connections === null ? {} : { connectionLimit: connections }) });
    } catch (error) {
      if (error instanceof ConnectionsCeilingError) {
        quota.refusedConnections++;
        throw new ConnectRefused(3, 'connections-ceiling', ERRORS['connections-ceiling']);
      }
      if (error instanceof StoreUnavailableError && !(error instanceof StoreFullError)) this.context.closer.whenBack(() => this.inTurn(clientId, () => this.closeUnanswered(clientId)));
      throw error;
    }
  }

  /** The store may have opened it, with an answer that never came: it would hold a place for as long as this gateway lives. */
  private async closeUnanswered(clientId: string): Promise<void> {
    const { store, gatewayId, byClientId } = this.context;
    if (byClientId(clientId) !== undefined) return; // it has come back, and has the session
    const stored = await store.readSession(clientId);
    if (stored?.owner === gatewayId) await store.closeSession(stored.session, null);
  }

  /** [MQTT-3.1.4-2] on this gateway: the earlier connection saves its cursor before the session is opened anew. */
  private async endEarlier(clientId: string): Promise<void> {
    const earlier = this.context.byClientId(clientId);
    if (earlier === undefined) return;
    this.context.event(EVENTS.clientTakenOver, earlier, {});
    earlier.close(EVENTS.clientTakenOver);
    let timer: NodeJS.Timeout;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ConnectRefused(3, 'takeover-timeout', ERRORS['takeover-timeout'])), LIMITS.takeOverMs);
    });
    await Promise.race([earlier.ended, timeout]).finally(() => clearTimeout(timer));
  }

  private async inTurn(clientId: string, step: () => Promise<void>): Promise<void> {
    const before = this.turns.get(clientId) ?? Promise.resolve();
    const mine = before.then(step, step);
    this.turns.set(clientId, mine);
    try {
      await mine;
    } finally {
      if (this.turns.get(clientId) === mine) this.turns.delete(clientId);
    }
  }
}
