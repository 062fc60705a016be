import { ShellError } from './control.js';

/** A variable. */
interface Variable {
  value: string | undefined;
  exported: boolean;
  readonly: boolean;
  /** Whether this shell has set its value, which another holds otherwise. */
  own: boolean;
}

/** Overhead of a variable in bytes, including its name. */
const costOf = (name: string): number => 160 + name.length;

/** Bytes of a value that are this shell's. */
const bytesOf = (variable: Variable | undefined): number => (variable?.own && variable.value?.length) || 0;

/** A name that a variable may have. */
export const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The variables of a shell. */
export class Variables {
  readonly #all: Map<string, Variable>;
  /** Values hidden by local variables: one map for each running function. */
  readonly #scopes: Map<string, Variable | undefined>[] = [];
  readonly #account: (bytes: number, overhead: number) => void;
  /** Whether every variable that is set is exported (`set -a`). */
  exportAll = false;

  /** @param account receives the change of bytes and of the additional overhead here */
  constructor(account: (bytes: number, overhead: number) => void, from?: Variables) {
    this.#account = account;
    this.#all = new Map([...(from?.entries() ?? [])].map(([name, variable]) => [name, { ...variable, own: false }]));
    for (const name of this.#all.keys()) account(0, costOf(name));
  }

  get(name: string): string | undefined {
    return this.#all.get(name)?.value;
  }

  has(name: string): boolean {
    return this.#all.has(name);
  }

  /** @throws ShellError for one that is read-only */
  set(name: string, value: string): void {
    const present = this.#all.get(name);
    if (present === undefined) {
      this.#account(value.length, costOf(name));
      this.#all.set(name, { value, exported: this.exportAll, readonly: false, own: true });
      return;
    }
    if (present.readonly) throw new ShellError(`${name}: is read only`);
    this.#account(value.length - bytesOf(present), 0);
    present.value = value;
    present.own = true;
    if (this.exportAll) present.exported = true;
  }

  unset(name: string): void {
    const present = this.#all.get(name);
    if (present === undefined) return;
    if (present.readonly) throw new ShellError(`${name}: is read only`);
    this.#account(-bytesOf(present), -costOf(name));
    this.#all.delete(name);
  }

  /** Mark one as exported or read-only, set or not. */
  setAttributes(name: string, how: { readonly exported?: boolean; readonly readonly?: boolean }): void {
    const present = this.#all.get(name) ?? { value: undefined, exported: false, readonly: false, own: true };
    if (!this.#all.has(name)) this.#account(0, costOf(name));
    this.#all.set(name, Object.assign(present, how));
  }

  entries(): IterableIterator<[string, Readonly<Variable>]> {
    return this.#all.entries();
  }

  /** Returns the environment of programs. */
  environment(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [name, { value, exported }] of this.#all) if (exported && value !== undefined) found.set(name, value);
    return found;
  }

  enter(): void {
    this.#scopes.push(new Map());
  }

  leave(): void {
    for (const [name, before] of this.#scopes.pop() ?? []) this.restore(name, before);
  }

  /** Make one local to the function that runs. False outside of any. */
  local(name: string): boolean {
    const scope = this.#scopes.at(-1);
    if (scope === undefined) return false;
    if (!scope.has(name)) scope.set(name, this.save(name));
    return true;
  }

  /** Saves a variable for `restore`. */
  save(name: string): Variable | undefined {
    const present = this.#all.get(name);
    return present && { ...present };
  }

  restore(name: string, before: Variable | undefined): void {
    const present = this.#all.get(name);
    const entries = (before === undefined ? 0 : 1) - (present === undefined ? 0 : 1);
    this.#account(bytesOf(before) - bytesOf(present), entries * costOf(name));
    if (before === undefined) this.#all.delete(name);
    else this.#all.set(name, before);
  }
}
