import type { IPublishPacket } from 'mqtt-packet';
import { judgePublish } from '../auth/permissions';
import { EVENTS } from '../events';
import { HeldPublishes } from '../quota/held-publishes';
import { weightOf } from '../quota/weights';
import { RefusedError, refusal } from '../errors';
import { LIMITS } from '../limits';
import type { AppendRequest, AppendResult, QoS, WillRecord } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { UPLOAD_TOPIC } from './client-tokens';
import type { BrokerContext } from './broker-context';
import type { ClientConnection, Will } from './client-connection';

type Callback = (error?: Error | null) => void;

interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly qos2PacketId: number | null;
  readonly qos2Fresh: boolean;
}

/**
 * The durable gate. aedes acknowledges as soon as `authorizePublish` calls back, so it calls back when the store has the
 * message: PUBACK means stored (T5). An error closes the connection without PUBACK, and nothing acknowledged is lost.
 */
export class PublishSeam {
  constructor(private readonly context: BrokerContext) {}

  /** aedes hands over the packets of a chunk in order and in one turn; the queue keeps that order (T3). */
  publish(connection: ClientConnection, packet: IPublishPacket & { messageId?: number }, callback: Callback): void {
    if (connection.session === null || connection.session.closed) return callback(new Error('the session is closed'));
    const qos = packet.qos as QoS;
    let qos2Fresh = false;
    if (qos === 2) {
      const packetId = packet.messageId!;
      const known = connection.inboundQos2.has(packetId);
      if (!known && connection.inboundQos2.size >= LIMITS.inboundQos2) {
        return callback(this.refuse(connection, new RefusedError(refusal('qos2-flood', `at most ${LIMITS.inboundQos2} await PUBREL`)), packet.topic));
      }
      qos2Fresh = !packet.dup && !known;
      connection.inboundQos2.add(packetId);
    }
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    this.admit(connection, {
      topic: packet.topic, payload, qos, retain: packet.retain, qos2PacketId: qos === 2 ? packet.messageId! : null, qos2Fresh,
    }, callback);
  }

  /** Above the TPS ceiling the message waits, and with it what aedes would read next (E5). */
  private admit(connection: ClientConnection, publication: Publication, callback: Callback): void {
    const { traffic } = this.context.quota;
    const weight = weightOf(publication.qos, connection.session!.cleanSession);
    if ((connection.held === null || connection.held.empty) && traffic.receive(weight)) {
      this.accept(connection, publication, callback);
      return;
    }
    connection.held ??= new HeldPublishes(traffic, connection);
    connection.held.hold(weight, () => {
      if (!connection.session!.closed) this.accept(connection, publication, callback);
    });
  }

  private accept(connection: ClientConnection, publication: Publication, callback: Callback): void {
    const { qos } = publication;
    this.append(connection, publication, qos === 0 ? null : callback);
    // nobody waits for QoS 0, but a refusal above has closed the connection
    if (qos === 0) callback(connection.closeReason === null ? null : new Error(connection.closeReason));
  }

  /** The will in the form that is kept with the session; null when the client may not publish it (T6). */
  judgeWill(connection: ClientConnection, will: Will): WillRecord | null {
    const view = this.context.view();
    const verdict = judgePublish(view, connection.principal!, { topic: will.topic, payloadBytes: will.payload.length, qos: will.qos });
    if (!verdict.ok) {
      this.context.event(EVENTS.willRefused, connection, { topic: will.topic, reason: verdict.refusal.code, detail: verdict.refusal.message });
      return null;
    }
    const retain = will.retain && verdict.p2pClientId === null && view.features.retained;
    return {
      topic: will.topic, payload: will.payload, qos: will.qos, retain, log: verdict.log, p2pClientId: verdict.p2pClientId,
      standing: this.context.handedOut.standingOf(connection.principal!),
    };
  }

  private append(connection: ClientConnection, publication: Publication, callback: Callback | null): void {
    const { topic, payload, qos } = publication;
    if (topic === UPLOAD_TOPIC && connection.principal!.tokens !== undefined) return this.uploadToken(connection, payload, callback);
    const view = this.context.view();
    const verdict = judgePublish(view, connection.principal!, { topic, payloadBytes: payload.length, qos });
    if (!verdict.ok) {
      this.context.tokens.refusePublish(connection, verdict.refusal.code);
      const error = this.refuse(connection, new RefusedError(verdict.refusal), topic);
      if (callback !== null) callback(error);
      else connection.close(verdict.refusal.code);
      return;
    }
    const request: AppendRequest = {
      log: verdict.log,
      topic,
      payload,
      qos,
      cleanSession: connection.session!.cleanSession,
      clientId: connection.clientId,
      epoch: connection.session!.key.epoch,
      qos2PacketId: publication.qos2PacketId,
      qos2Fresh: publication.qos2Fresh,
      p2pClientId: verdict.p2pClientId,
      retain: publication.retain && verdict.p2pClientId === null && view.features.retained,
    };
    this.context.usage.received(verdict.log, topic, payload.length, qos, weightOf(qos, request.cleanSession));
    connection.publishing(payload.length, this.context.appends.pendingBytes >= LIMITS.pendingAppendBytes);
    this.context.appends.push(request, (error, result) => {
      connection.published(payload.length);
      const failure = error ?? this.failureOf(connection, result!);
      if (callback !== null) callback(failure);
      else if (failure !== null) this.context.event(EVENTS.publishLost, connection, { topic, reason: failure.message });
    });
  }

  /** A2: answered like a message, and no log gets it. */
  private uploadToken(connection: ClientConnection, payload: Buffer, callback: Callback | null): void {
    const code = this.context.tokens.upload(connection, payload);
    if (code === null) return callback?.(null);
    const error = this.refuse(connection, new RefusedError(refusal(code)), UPLOAD_TOPIC);
    if (callback !== null) callback(error);
    else connection.close(code);
  }

  /** Null when the message is stored. */
  private failureOf(connection: ClientConnection, result: AppendResult): Error | null {
    if (result.ok) return null;
    if (result.reason === 'fenced') connection.closeReason ??= EVENTS.clientTakenOver;
    if (result.reason === 'full') this.context.event(EVENTS.storeFull, connection, { reason: result.message });
    return result.reason === 'full' ? new StoreUnavailableError(result.message) : new Error(result.message);
  }

  private refuse(connection: ClientConnection, error: RefusedError, topic: string): RefusedError {
    connection.closeReason ??= error.code;
    this.context.event(EVENTS.publishRefused, connection, { topic, reason: error.code, detail: error.message });
    return error;
  }
}
