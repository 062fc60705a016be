/** Control flow of the shell as exceptions, caught by the construct that they leave. */

/** `break` and `continue` with a number of loops. */
export class LoopJump extends Error {
  readonly kind: 'break' | 'continue';
  levels: number;

  constructor(kind: 'break' | 'continue', levels: number) {
    super(kind);
    this.kind = kind;
    this.levels = levels;
  }
}

/** `return`. */
export class FunctionReturn extends Error {
  readonly status: number;

  constructor(status: number) {
    super('return');
    this.status = status;
  }
}

/** `exit`, and every other end of the shell. */
export class ShellExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** Something that ends a shell that is not interactive, with what it says on stderr. */
export class ShellError extends Error {
  readonly status: number;

  /** @param message without the shell's name */
  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}
