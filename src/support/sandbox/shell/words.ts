import { ShellError } from './control.js';

/** Words that a command or a loop may have, and characters of them: more than the kernel hands to a program. */
const maxWords = 500_000;
const maxWordBytes = 16 * 1024 * 1024;

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
