import { maxWordBytes, maxWords } from '../limits.js';
import { ShellError } from './control.js';

/** The expanded words of a command or loop. */
export class Words {
  readonly list: string[] = [];
  #length = 0;

  /** @throws ShellError when all are too many or too long */
  add(words: Iterable<string>): void {
    for (const word of words) {
      this.#length += word.length;
      if (this.list.push(word) > maxWords || this.#length > maxWordBytes) throw new ShellError('out of memory');
    }
  }
}
