import { ERRORS } from '../errors';
import { EVENTS } from '../events';
import type { AppendResult, OwedWill, SessionKey, WillRecord } from '../store/contract';
import type { BrokerContext } from './broker-context';

/** Sessions of dead gateways, and wills, that one step of a round takes. */
const REAP_STEP = 200;

/**
 * Fires wills [MQTT-3.1.2-8]: of connections that broke here, and what others left owed. The store keeps the will with the
 * session, owes it when the session ends without it, and forgets it in the step that appends it: so it is fired once although
 * several may try, and none is lost with the gateway that was about to.
 */
export class Wills {
  constructor(private readonly context: BrokerContext) {}

  /** Resolves when it is stored, or never will be; false: the store is away or full, so it is still to be fired. */
  async fire(will: WillRecord, session: SessionKey): Promise<boolean> {
    // a parent topic that was removed since takes nothing (I5)
    if (!this.context.view().logs.includes(will.log)) return true;
    const { clientId } = session;
    const result = await this.append(will, session);
    if (result === null || (!result.ok && result.reason === 'full')) return false;
    if (!result.ok && result.reason !== 'fenced') this.context.event(EVENTS.publishLost, null, { clientId, topic: will.topic, reason: result.message });
    return true;
  }

  /** Of a session that ended before. What cannot be fired now is fired by the next round of whoever reaps. */
  async fireOwed(owed: OwedWill): Promise<void> {
    const { session, will } = owed;
    // what was revoked since CONNECT fires nothing (A2, A3, A5, I5)
    if (!await this.context.handedOut.mayFire(owed)) this.context.event(EVENTS.willRefused, null, { clientId: session.clientId, topic: will.topic, reason: 'principal-revoked', detail: ERRORS['principal-revoked'] });
    else if (!await this.fire(will, session)) return;
    await this.context.store.forgetWill(session);
  }

  /** Ends the sessions that dead gateways left, and fires what is owed; one gateway at a time runs this, under a lease. */
  async reap(): Promise<number> {
    const { store } = this.context;
    let ended = 0;
    for (;;) {
      const dead = await store.deadSessions(REAP_STEP);
      await Promise.all(dead.map(async ({ session }) => {
        // the store looks again: a gateway that was only asleep keeps its sessions and their wills
        if (!await store.endDeadSession(session)) return;
        ended++;
        this.context.event(EVENTS.sessionReaped, null, { clientId: session.clientId });
      }));
      if (dead.length < REAP_STEP) break;
    }
    for (;;) {
      const owed = await store.owedWills(REAP_STEP);
      await Promise.all(owed.map((one) => this.fireOwed(one)));
      // a full store leaves them all: the next round tries again
      if (owed.length < REAP_STEP || (await store.owedWills(1)).some(({ session }) => owed.some((one) => one.session.epoch === session.epoch))) return ended;
    }
  }

  /** Null: the store is away. */
  private append(will: WillRecord, session: SessionKey): Promise<AppendResult | null> {
    const { log, topic, payload, qos, retain, p2pClientId } = will;
    return new Promise((resolve) => {
      this.context.appends.push({
        log, topic, payload, qos, retain, p2pClientId, clientId: session.clientId, cleanSession: true, epoch: null, qos2PacketId: null, willOf: session,
      }, (error, result) => resolve(error === null ? result : null));
    });
  }
}
