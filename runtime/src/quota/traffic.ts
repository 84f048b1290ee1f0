/**
 * Every message that comes from a client or goes to one passes here: it is counted, and above the ceiling it waits for its
 * turn (E2, E4, E5). Without a ceiling this is two additions.
 */

/** Something of one client that waits for its turn. */
export interface Waiter {
  /** Called when one message may pass; what cannot pass asks to wait again. */
  turn(): void;
  /** Weighted messages that wait: how much this client asks for. */
  readonly weightWaiting: number;
}

export interface WaitingSender extends Waiter {
  /** Waits in memory that is nearly full and nothing else keeps it: publishers stand back, or the client would be lost. */
  readonly pressed: boolean;
}

export interface WaitingPublisher extends Waiter {
  /** Its socket is not read to the end meanwhile, so it cannot prove that it lives. */
  refreshKeepAlive(): void;
}

/** What may pass at once after a quiet moment: short, so that a second holds little more than the ceiling. */
const BURST_SECONDS = 0.25;
/** What could not wait is paid back by all others, but so many clients may return at once that this must end. */
const DEBT_SECONDS = 1;
const TURN_INTERVAL_MS = 20;
/**
 * Deliveries go first, because a message that was taken in and cannot be sent only piles up: so publishers get what
 * deliveries leave, and find their own measure. But of so many turns one is theirs, whatever deliveries ask for.
 */
const PUBLISHERS_EVERY = 8;

export class Traffic {
  /** E4: weighted messages since the start. Plain numbers, because every message adds to them. */
  receivedWeight = 0;
  sentWeight = 0;
  receivedMessages = 0;
  sentMessages = 0;
  /** Grows whenever somebody has to wait. */
  waits = 0;

  private limited = false;
  private perSecond = 0;
  /** Weight that may pass now; below zero after a message that was heavier than what was left. */
  private balance = 0;
  private refilledAt = 0;
  /** One message may pass: it is somebody's turn. */
  private granted = false;
  // In a Set order is arrival, adding twice is once, and leaving is cheap: a round robin of clients.
  private readonly senders = new Set<WaitingSender>();
  private readonly publishers = new Set<WaitingPublisher>();
  private turns = 0;
  /** Turns for which publishers stand back. */
  private pressedTurns = 0;
  private timer: NodeJS.Timeout | null = null;

  /** `now` in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Weighted messages a second that may pass; null: any number. */
  setLimit(perSecond: number | null): void {
    if (perSecond !== null) {
      if (this.limited) this.refill();
      else this.refilledAt = this.now();
      this.perSecond = perSecond;
      this.balance = Math.min(this.limited ? this.balance : this.burst, this.burst);
      this.limited = true;
      return;
    }
    this.limited = false;
    while (this.waiting > 0) this.serveNext();
  }

  /** Clients that wait for their turn. */
  get waiting(): number {
    return this.senders.size + this.publishers.size;
  }

  /** Weight that waits, for the part of the ceiling that is asked for. Walks over all that wait. */
  get weightWaiting(): number {
    let weight = 0;
    for (const waiter of this.senders) weight += waiter.weightWaiting;
    for (const waiter of this.publishers) weight += waiter.weightWaiting;
    return weight;
  }

  /** A message from a client; false: it has to wait. */
  receive(weight: number): boolean {
    if (this.limited && !this.take(weight)) return false;
    this.receivedWeight += weight;
    this.receivedMessages++;
    return true;
  }

  /** A message to a client; false: it has to wait. */
  send(weight: number): boolean {
    if (this.limited && !this.take(weight)) return false;
    this.sentWeight += weight;
    this.sentMessages++;
    return true;
  }

  /** Counts what cannot wait, such as a will; others wait for it. */
  receiveAtOnce(weight: number): void {
    this.borrow(weight);
    this.receivedWeight += weight;
    this.receivedMessages++;
  }

  /** Counts what cannot wait, such as what was in flight when a client left; others wait for it. */
  sendAtOnce(weight: number): void {
    this.borrow(weight);
    this.sentWeight += weight;
    this.sentMessages++;
  }

  waitToSend(sender: WaitingSender): void {
    this.senders.add(sender);
    this.schedule();
  }

  waitToPublish(publisher: WaitingPublisher): void {
    this.publishers.add(publisher);
    this.schedule();
  }

  /** Its client is gone. */
  leave(waiter: Waiter): void {
    this.senders.delete(waiter as WaitingSender);
    this.publishers.delete(waiter as WaitingPublisher);
  }

  /** Suspends the keep-alive of every publisher that waits; to be called about once a second. */
  refreshKeepAlive(): void {
    for (const publisher of this.publishers) publisher.refreshKeepAlive();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.senders.clear();
    this.publishers.clear();
  }

  private get burst(): number {
    return Math.max(1, this.perSecond * BURST_SECONDS);
  }

  private borrow(weight: number): void {
    this.balance = Math.max(this.balance - weight, -this.perSecond * DEBT_SECONDS);
  }

  private take(weight: number): boolean {
    if (this.granted) this.granted = false;
    // whoever comes now does not pass those who wait
    else if (this.senders.size > 0 || this.publishers.size > 0) return false;
    else if (this.balance <= 0 && !this.refill()) return false;
    this.balance -= weight;
    return true;
  }

  private refill(): boolean {
    const now = this.now();
    this.balance = Math.min(this.burst, this.balance + ((now - this.refilledAt) / 1_000) * this.perSecond);
    this.refilledAt = now;
    return this.balance > 0;
  }

  private schedule(): void {
    if (this.timer !== null) return;
    this.waits++;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.refill();
      while (this.waiting > 0 && this.balance > 0) this.serveNext();
      if (this.waiting > 0) this.schedule();
    }, TURN_INTERVAL_MS);
    this.timer.unref();
  }

  private serveNext(): void {
    const waiter = this.next();
    this.granted = this.limited;
    waiter.turn();
    this.granted = false;
  }

  private next(): Waiter {
    const [sender] = this.senders;
    const [publisher] = this.publishers;
    const publishersTurn = sender === undefined
      || (publisher !== undefined && this.pressedTurns === 0 && ++this.turns % PUBLISHERS_EVERY === 0);
    if (publishersTurn) {
      this.publishers.delete(publisher!);
      return publisher!;
    }
    // until everybody who waits now had a turn
    if (sender.pressed) this.pressedTurns = this.senders.size;
    else if (this.pressedTurns > 0) this.pressedTurns--;
    this.senders.delete(sender);
    return sender;
  }
}
