/** Control keys in the order of their codes: `ctrl-@` is 0, `ctrl-_` is 31. */
const control = '@abcdefghijklmnopqrstuvwxyz[\\]^_';
const controlKey = /^ctrl-(.)$/;
const deleteKey = 0x7f;

/** ctrl-p ctrl-q. */
const defaultKeys = Buffer.from([0x10, 0x11]);

/**
 * Read keys as `detachKeys` names them (docs/reference/behavior/streams.md#detach-keys): single characters, `ctrl-…` and `DEL`, separated
 * by commas.
 *
 * @returns their codes; undefined for a text that names something else
 */
export function parseDetachKeys(text: string): Buffer | undefined {
  if (text === '') return Buffer.alloc(0);
  const codes: number[] = [];
  for (const key of text.split(',')) {
    const code = codeOf(key);
    if (code === undefined) return undefined;
    codes.push(code);
  }
  return Buffer.from(codes);
}

function codeOf(key: string): number | undefined {
  if (Buffer.byteLength(key) === 1) return key.charCodeAt(0);
  if (key === 'DEL') return deleteKey;
  const code = control.indexOf(controlKey.exec(key)?.[1] ?? '  ');
  return code < 0 ? undefined : code;
}

/** The result of one chunk of input. */
export interface Keys {
  readonly bytes: Buffer;
  /** Whether the detach sequence is complete. Input after it is dropped. */
  readonly detached: boolean;
}

/** Finds the detach sequence in a terminal's input, which may arrive in chunks. */
export class DetachKeys {
  readonly #keys: Buffer;
  /** Number of matched keys, which are buffered. */
  #matched = 0;

  /** @param keys empty for ctrl-p ctrl-q */
  constructor(keys: Buffer) {
    this.#keys = keys.length === 0 ? defaultKeys : keys;
  }

  /** Processes input. Buffers a partial sequence until it is complete or broken. */
  feed(input: Buffer): Keys {
    const chunks: Buffer[] = [];
    let from = 0;
    for (let at = 0; at < input.length; at++) {
      if (input[at] === this.#keys[this.#matched]) {
        if (this.#matched === 0) {
          chunks.push(input.subarray(from, at));
          from = at;
        }
        this.#matched++;
        from = at + 1;
        if (this.#matched === this.#keys.length) return { bytes: Buffer.concat(chunks), detached: true };
      } else if (this.#matched > 0) {
        // A key that breaks a sequence does not begin a new one, as in dockerd.
        chunks.push(this.#keys.subarray(0, this.#matched));
        this.#matched = 0;
        from = at;
      }
    }
    chunks.push(input.subarray(from));
    return { bytes: Buffer.concat(chunks), detached: false };
  }
}
