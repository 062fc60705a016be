/** Parses the struct types of Go source files, as far as encoding/json needs them. */

/** A Go type. */
export type GoType =
  | { readonly form: 'name'; readonly name: string }
  | { readonly form: 'pointer' | 'list' | 'array' | 'map'; readonly of: GoType }
  | { readonly form: 'struct'; readonly fields: readonly GoField[] }
  | { readonly form: 'interface' | 'other' };

/** A field of a struct. */
export interface GoField {
  /** The field's name; the type's name for an embedded field. */
  readonly name: string;
  readonly embedded: boolean;
  readonly type: GoType;
  /** The `json` tag. */
  readonly tag: string | undefined;
}

/** The declarations of a file. */
export interface GoFile {
  /** Import paths by local name. */
  readonly imports: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, GoType>;
  /** Names of the types with a method `MarshalJSON` or `MarshalText`. */
  readonly marshalers: ReadonlySet<string>;
}

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|[A-Za-z_]\w*|\d[\w.]*|\n|[^\s\w]/g;

class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  private peek(): string {
    return this.tokens[this.at] ?? '';
  }

  private take(): string {
    const taken = this.peek();
    this.at += 1;
    return taken;
  }

  private skipBreaks(): void {
    while (this.peek() === '\n' || this.peek() === ';') this.at += 1;
  }

  /** Skips a balanced group. The current token opens it. */
  private skipGroup(): void {
    let depth = 0;
    do {
      const taken = this.take();
      if ('([{'.includes(taken)) depth += 1;
      else if (')]}'.includes(taken)) depth -= 1;
    } while (depth > 0 && this.at < this.tokens.length);
  }

  private type(): GoType {
    const taken = this.take();
    if (taken === '*') return { form: 'pointer', of: this.type() };
    if (taken === '(') {
      const inner = this.type();
      this.take();
      return inner;
    }
    if (taken === '[') {
      const form = this.peek() === ']' ? 'list' : 'array';
      while (this.peek() !== ']') this.at += 1;
      this.at += 1;
      return { form, of: this.type() };
    }
    if (taken === 'map') {
      this.at += 1;
      this.type();
      this.at += 1;
      return { form: 'map', of: this.type() };
    }
    if (taken === 'struct') return { form: 'struct', fields: this.fields() };
    if (taken === 'interface') {
      this.skipGroup();
      return { form: 'interface' };
    }
    if (taken === 'func' || taken === 'chan' || taken === '<') {
      while (this.at < this.tokens.length && this.peek() !== '\n' && this.peek() !== '`') {
        if (this.peek() === '(') this.skipGroup();
        else this.at += 1;
      }
      return { form: 'other' };
    }
    let name = taken;
    if (this.peek() === '.') {
      this.at += 1;
      name += `.${this.take()}`;
    }
    if (this.peek() === '[') this.skipGroup();
    return { form: 'name', name };
  }

  private fields(): GoField[] {
    const fields: GoField[] = [];
    this.at += 1;
    for (this.skipBreaks(); this.peek() !== '}' && this.peek() !== ''; this.skipBreaks()) {
      const start = this.at;
      const names: string[] = [];
      while (/^[A-Za-z_]/.test(this.peek())) {
        names.push(this.take());
        if (this.peek() !== ',') break;
        this.at += 1;
      }
      const ends = ['\n', '`', '"', '}', ';', '.', ''].some(
        (end) => this.peek() === end || (end === '"' && this.peek().startsWith('"')),
      );
      const embedded = names.length === 0 || (names.length === 1 && (ends || this.peek().startsWith('`')));
      if (embedded) this.at = start;
      const type = this.type();
      const literal = /^[`"]/.test(this.peek()) ? this.take() : '';
      const tag = /json:"([^"]*)"/.exec(literal)?.[1];
      const inner = type.form === 'pointer' ? type.of : type;
      const own = inner.form === 'name' ? (inner.name.split('.').pop() as string) : '';
      for (const name of embedded ? [own] : names) fields.push({ name, embedded, type, tag });
      while (this.peek() !== '\n' && this.peek() !== ';' && this.peek() !== '}' && this.peek() !== '') this.at += 1;
    }
    this.at += 1;
    return fields;
  }

  private declarations(read: () => void): void {
    if (this.peek() !== '(') {
      read();
      return;
    }
    this.at += 1;
    for (this.skipBreaks(); this.peek() !== ')' && this.peek() !== ''; this.skipBreaks()) read();
    this.at += 1;
  }

  file(): GoFile {
    const imports = new Map<string, string>();
    const types = new Map<string, GoType>();
    const marshalers = new Set<string>();
    while (this.at < this.tokens.length) {
      const taken = this.take();
      if (taken === 'import') {
        this.declarations(() => {
          const alias = this.peek().startsWith('"') ? undefined : this.take();
          const path = this.take().slice(1, -1);
          imports.set(alias ?? (path.split('/').pop() as string), path);
        });
      } else if (taken === 'type') {
        this.declarations(() => {
          const name = this.take();
          if (this.peek() === '=') this.at += 1;
          // A generic type has no fixed form.
          if (this.peek() === '[' && /^[A-Za-z_]/.test(this.tokens[this.at + 1] ?? '')) this.skipGroup();
          types.set(name, this.type());
        });
      } else if (taken === 'func' && this.peek() === '(') {
        const receiver = this.tokens.slice(this.at, this.at + 6).filter((each) => /^\w+$/.test(each));
        this.skipGroup();
        if (/^Marshal(?:JSON|Text)$/.test(this.peek())) marshalers.add(receiver[1] ?? receiver[0] ?? '');
      } else if (taken === '{') {
        this.at -= 1;
        this.skipGroup();
      }
    }
    return { imports, types, marshalers };
  }
}

/**
 * Parses a Go source file.
 *
 * @param source the text of the file
 * @returns its imports, its types, and the types with their own encoding
 */
export function parseGo(source: string): GoFile {
  const tokens = (source.match(token) ?? []).filter((each) => !each.startsWith('//') && !each.startsWith('/*'));
  return new Parser(tokens).file();
}
