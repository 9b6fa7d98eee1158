/** What a visit writes down of itself: the journal for the report in the morning, and the speeds for the curve. */
import type { Clock } from '../core/clock.ts';
import { JournalKeeper } from './journal-keeper.ts';
import { SpeedKeeper } from './speed-keeper.ts';
import type { Visit, VisitState } from './visit.ts';
import type { Kept } from './storage.ts';

export interface NotebookOptions {
  readonly visit: Visit;
  readonly clock: Clock;
  readonly storage: Kept | undefined;
  /** The page went on by itself with what went on before it was loaded. */
  readonly resumed: boolean;
  readonly onChange: () => void;
}

export class Notebook {
  readonly journal: JournalKeeper;
  readonly speeds: SpeedKeeper;
  readonly #resumed: boolean;
  readonly #unlisten: () => void;

  constructor({ visit, clock, storage, resumed, onChange }: NotebookOptions) {
    this.#resumed = resumed;
    this.journal = new JournalKeeper({ storage, clock, onChange });
    this.speeds = new SpeedKeeper({ storage, clock });
    this.#unlisten = visit.onChange((state) => this.#look(state));
    this.#look(visit.state);
  }

  /** The page is hidden or left: it may be its last word. */
  flush(): void {
    if (this.journal.journal.last) this.journal.flush();
  }

  close(): void {
    this.#unlisten();
    this.journal.close();
  }

  #look({ page: { status, wanted, stopping }, conduct }: VisitState): void {
    this.journal.look({ wanted: wanted || stopping, conduct, status, resumed: this.#resumed });
    if (wanted) this.speeds.onStatus(status);
  }
}
