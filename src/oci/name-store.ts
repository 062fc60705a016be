import { AttestdError } from '../support/foundation/errors.js';
import { runUrgently } from '../support/foundation/scheduler.js';
import type { IndexContent } from './index-draft.js';
import type { IndexFile } from './index-file.js';
import type { Mark } from './journal.js';
import type { Change, NameTable } from './name-table.js';

/** Where a store keeps its names. */
export interface Persistence {
  /** Resolves when changes, and the blobs written before, survive a crash. */
  record(changes: readonly Change[]): Promise<void>;
  /** Where all names are written from time to time, and others may write too. */
  readonly index?: IndexPersistence;
  /** @param inStep whether the index has all that was recorded */
  close(inStep: boolean): Promise<void>;
}

/** An index of all names, which is derived from what was recorded before, and the truth for others. */
export interface IndexPersistence {
  /** The names that somebody else has put in the place of those that were placed or read last. */
  changed(): Promise<IndexFile | undefined>;
  /** What has been recorded up to now. */
  mark(): Mark;
  /** Write the names to a draft. @returns its path */
  draft(content: IndexContent, mark: Mark): Promise<string>;
  /** Put a draft in place; resolves with what went wrong where it is in place but may not survive a crash. */
  place(draft: string, mark: Mark): Promise<{ readonly failure: unknown } | undefined>;
  discard(draft: string): Promise<void>;
}

/** An index is written again after so many times as long as it took to write, but not sooner nor later than this, in ms. */
const restFactor = 10;
const shortestRest = 20;
const longestRest = 10_000;
/** Milliseconds until what failed is tried again. */
const retryRest = 1000;

/** Keeps the names of a table: each change is recorded before it is acknowledged, the index follows. */
export class NameStore {
  #turn: Promise<void> = Promise.resolve();
  #nextRecord: Promise<void> | undefined;
  #failure: unknown;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #rest = shortestRest;
  /** Counts changes of names, and says up to which one they are recorded, and in the index. */
  #changes = 0;
  #recorded = 0;
  #indexed: number;
  /** What the index on disk should say of the journal. */
  #mark: Mark;

  /**
   * @param layout what index.json says beside the names
   * @param moved told that names are no longer what they were, and whether that was not noted one by one
   */
  constructor(
    private readonly table: NameTable,
    private layout: Pick<IndexFile, 'foreign' | 'annotations' | 'refNames' | 'mark'>,
    private readonly persistence: Persistence,
    private readonly moved: (renamed: boolean) => void,
  ) {
    this.#mark = layout.mark;
    this.#indexed = table.differs ? -1 : 0;
    this.#schedule();
  }

  /** Counts changes. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether all names are recorded, and the index on disk has the same. */
  get inStep(): boolean {
    return this.#changes === this.#recorded && this.#changes === this.#indexed;
  }

  /** Record what was noted in the table; changes noted while others are recorded share the next time. */
  record(): Promise<void> {
    if (this.#closed) throw new AttestdError('READ_ONLY', 'the store is closed');
    this.#changes++;
    this.moved(false);
    this.#nextRecord ??= this.#inTurn(() => {
      this.#nextRecord = undefined;
      return this.#record();
    });
    return this.#nextRecord;
  }

  /** Resolves once the changes are recorded that were made up to now. */
  async kept(): Promise<void> {
    while (this.#changes !== this.#recorded) await (this.#nextRecord ?? this.record());
  }

  /** Take over what others wrote, and wait until the index has all names. */
  async written(): Promise<void> {
    await this.refresh();
    await this.kept();
    while (!this.inStep) {
      await runUrgently(() => this.#write());
      await this.kept();
    }
  }

  /** Take over what others wrote. */
  async refresh(): Promise<void> {
    await this.#inTurn(() => this.#takeOver());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#nextRecord?.catch(() => undefined);
    await this.#turn.catch(() => undefined);
    // What cannot be written now is recorded, and written when the store is opened again.
    await runUrgently(async () => {
      if (!this.inStep) await this.#write().catch(() => undefined);
      await this.#writing?.catch(() => undefined);
    });
    await this.persistence.close(this.inStep);
  }

  /** One look at the files, or one change of them, after the other. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.catch(() => undefined).then(act);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #record(): Promise<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    let changes: readonly Change[] = [];
    try {
      if (failure !== undefined) throw failure;
      await this.#takeOver();
      const upTo = this.#changes;
      changes = this.table.takePending();
      await this.persistence.record(changes);
      this.#recorded = upTo;
    } catch (error) {
      // What could not be kept must not be shown either, and what was changed meanwhile goes with it. The index is written
      // again, so that nothing comes back of what may have been recorded.
      this.table.undo(changes);
      if (this.#nextRecord !== undefined) this.#failure = error;
      this.#recorded = this.#changes;
      this.moved(true);
      throw error;
    } finally {
      this.#schedule();
    }
  }

  /** Take over what somebody else has written in place of the index. */
  async #takeOver(): Promise<void> {
    const theirs = await this.persistence.index?.changed();
    if (theirs === undefined) return;
    this.layout = theirs;
    this.table.merge(theirs);
    // What they do not have must be there before anything is deleted, and so must our mark: what the journal has before it
    // would be done again.
    if (this.table.differs || !isSame(theirs.mark, this.#mark)) this.#indexed = -1;
    this.#schedule();
    this.moved(true);
  }

  #schedule(rest = this.#rest): void {
    if (this.persistence.index === undefined) {
      this.table.accept();
      this.#indexed = this.#changes;
    }
    if (this.#closed || this.inStep || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Somebody who could not wait may have had it written.
      if (!this.#closed && !this.inStep) this.#write().catch(() => undefined);
    }, rest).unref();
  }

  /** Write the index; who asks meanwhile shares it. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeIndex().then(
      () => {
        this.#writing = undefined;
        this.#schedule();
      },
      (error: unknown) => {
        this.#writing = undefined;
        this.#schedule(retryRest);
        throw error;
      },
    );
    return this.#writing;
  }

  async #writeIndex(): Promise<void> {
    const { index } = this.persistence;
    if (index === undefined) return;
    const began = performance.now();
    while (!(await this.#tryIndex(index)));
    this.#rest = Math.min(longestRest, Math.max(shortestRest, restFactor * (performance.now() - began)));
  }

  /** @returns false when somebody else wrote it meanwhile */
  async #tryIndex(index: IndexPersistence): Promise<boolean> {
    const { layout, names, mark, upTo } = await this.#inTurn(async () => {
      await this.#takeOver();
      const { layout } = this;
      return { layout, names: this.table.beginDraft(), mark: index.mark(), upTo: this.#recorded };
    });
    let draft: string | undefined;
    try {
      const written = await index.draft({ ...layout, ...names }, mark);
      draft = written;
      return await this.#inTurn(async () => {
        await this.#takeOver();
        if (this.layout !== layout) return false;
        draft = undefined;
        const unsure = await index.place(written, mark);
        this.table.endDraft(true);
        this.#mark = mark;
        if (unsure !== undefined) throw unsure.failure;
        this.#indexed = upTo;
        return true;
      });
    } finally {
      this.table.endDraft(false);
      if (draft !== undefined) await index.discard(draft);
    }
  }
}

const isSame = (a: Mark, b: Mark): boolean => a.file === b.file && a.bytes === b.bytes;
