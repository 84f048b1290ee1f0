import { Appender } from './appender';
import { BackPressure } from './back-pressure';
import { JournalMemory } from './journals';
import { Records } from './records';
import { Retained } from './retained';
import { Sessions } from './sessions';
import { Shares } from './shares';
import { MessageWindow } from './window';

/** Everything that direct push knows. It ends with the process. */
export class Memory {
  readonly window = new MessageWindow();
  readonly records = new Records();
  readonly journals = new JournalMemory();
  readonly retained = new Retained();
  readonly shares = new Shares((id) => this.window.find(id));
  readonly sessions = new Sessions(this.shares, this.records);
  readonly appender = new Appender(this.window, this.sessions, this.shares, this.retained);
  readonly backPressure = new BackPressure();
  /** Called when there may be something new. */
  readonly tails = new Set<() => void>();

  ring(): void {
    for (const ring of this.tails) ring();
  }

  /** Makes room in the window when the tails have taken what goes. */
  async settle(): Promise<void> {
    while (this.window.full) {
      const id = this.window.oldest!;
      await this.backPressure.taken(id);
      if (this.window.oldest === id) this.window.drop();
    }
    this.shares.forgetBelow(this.window.oldest ?? this.appender.lastId + 1);
  }
}
