import { EVENTS } from '../events';
import type { SessionKey, WillRecord } from '../store/contract';
import type { BrokerContext } from './broker-context';

/** Sessions of dead gateways that one round ends. */
const REAP_SESSIONS = 200;

/**
 * Fires wills [MQTT-3.1.2-8]: of connections that broke here, and of sessions whose gateway died. The store keeps the will
 * with the session and forgets it in the step that appends it, so it is fired once although several may try.
 */
export class Wills {
  constructor(private readonly context: BrokerContext) {}

  /** `session` null: the caller took the will out of the store itself. Resolves when it is stored, or cannot be. */
  fire(will: WillRecord, clientId: string, session: SessionKey | null): Promise<void> {
    // a parent topic that was removed since takes nothing (I5)
    if (!this.context.view().logs.includes(will.log)) return Promise.resolve();
    return new Promise((resolve) => {
      this.context.appends.push({
        log: will.log, topic: will.topic, payload: will.payload, qos: will.qos, retain: will.retain, p2pClientId: will.p2pClientId,
        clientId, cleanSession: true, epoch: null, qos2PacketId: null, willOf: session,
      }, (error, result) => {
        if (error !== null || (!result!.ok && result!.reason !== 'fenced')) {
          this.context.event(EVENTS.publishLost, null, { clientId, topic: will.topic, reason: error?.message ?? 'the store refused the will' });
        }
        resolve();
      });
    });
  }

  /** Ends the sessions that dead gateways left, wills first; one gateway at a time runs this, under a lease. */
  async reap(): Promise<number> {
    const { store } = this.context;
    let ended = 0;
    for (;;) {
      const dead = await store.deadSessions(REAP_SESSIONS);
      await Promise.all(dead.map(async ({ session, will }) => {
        if (will !== null) await this.fire(will, session.clientId, session);
        if (await store.endDeadSession(session)) {
          ended++;
          this.context.event(EVENTS.sessionReaped, null, { clientId: session.clientId });
        }
      }));
      if (dead.length < REAP_SESSIONS) return ended;
    }
  }
}
