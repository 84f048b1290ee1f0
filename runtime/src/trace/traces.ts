/** The traces of a gateway, as one part of its broker. */
import type { EventLogger } from '../events';
import type { Store } from '../store/contract';
import { DeviceTrace } from './device-trace';
import { keepTracedSince, MessageTrace } from './message-trace';

export interface TracesOptions {
  readonly store: Store;
  readonly logger: EventLogger;
  readonly gatewayId: string;
  /** False: nothing is traced. */
  readonly on: boolean;
  /** Whether a client of this Client ID could be let in. */
  isPlausible(clientId: string): boolean;
}

export class Traces {
  readonly devices: DeviceTrace | null;
  readonly messages: MessageTrace | null;

  constructor(private readonly options: TracesOptions) {
    this.devices = options.on ? new DeviceTrace(options) : null;
    this.messages = options.on ? new MessageTrace(options) : null;
  }

  start(): void {
    if (!this.options.on) return;
    void keepTracedSince(this.options.store, this.options.logger);
    this.devices!.start();
    this.messages!.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.devices?.stop(), this.messages?.stop()]);
  }
}
