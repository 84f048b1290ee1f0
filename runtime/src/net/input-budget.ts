import { LIMITS, type NetLimits } from '../limits';

/** Bytes that all connections of a gateway hold, so that no number of clients adds up beyond a bound. */
export class InputBudget {
  /** Whole packets that wait for the protocol engine. */
  pendingBytes = 0;
  /** Bytes kept of clients that have not authenticated. */
  halfOpenBytes = 0;

  constructor(private readonly limits: NetLimits = LIMITS) {}

  get pendingExhausted(): boolean {
    return this.pendingBytes > this.limits.pendingBytesPerGateway;
  }

  get halfOpenExhausted(): boolean {
    return this.halfOpenBytes > this.limits.halfOpenBufferedBytes;
  }
}
