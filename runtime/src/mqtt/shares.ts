import type { Notice, QoS, Share } from '../store/contract';
import { parseShare } from '../topics/share';
import type { LiveSubscription, Receiver, Router } from './router';
import type { Session } from './session';
import { ShareDispatcher, type ShareContext } from './share-dispatcher';

interface Entry {
  readonly dispatcher: ShareDispatcher;
  readonly subscription: LiveSubscription<Receiver>;
}

/** The shared subscriptions that sessions of this gateway are members of. */
export class Shares {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly router: Router<Receiver>, private readonly context: ShareContext) {}

  /** `filter` is the whole `$share/<name>/<filter>`. */
  join(filter: string, log: string, session: Session, qos: QoS): void {
    let entry = this.entries.get(filter);
    if (entry === undefined) {
      const { name, filter: inner } = parseShare(filter)!;
      const dispatcher = new ShareDispatcher({ log, name, filter: inner }, this.context);
      // the router offers to it as to a session, at any QoS and from any id: it only rings
      const subscription = { receiver: dispatcher, filter: inner, log, qos: 2 as QoS, since: 0 };
      this.entries.set(filter, (entry = { dispatcher, subscription }));
      this.router.add(subscription);
    }
    session.shares.set(filter, entry.dispatcher);
    entry.dispatcher.join(session, qos);
  }

  leave(filter: string, session: Session): void {
    const entry = this.entries.get(filter);
    session.shares.delete(filter);
    if (entry === undefined) return;
    entry.dispatcher.leave(session);
    if (!entry.dispatcher.empty) return;
    this.entries.delete(filter);
    this.router.remove(entry.subscription);
    void entry.dispatcher.recover(() => this.entries.has(filter));
  }

  leaveAll(session: Session): void {
    for (const filter of [...session.shares.keys()]) this.leave(filter, session);
  }

  onNotice(notice: Notice & { kind: 'share' }): void {
    this.entries.get(filterOf(notice.share))?.dispatcher.wake();
  }
}

function filterOf({ name, filter }: Share): string {
  return `$share/${name}/${filter}`;
}
