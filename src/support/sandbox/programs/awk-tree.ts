/** A part of an expression. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'regex'; readonly source: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly index: Expression }
  | { readonly kind: 'element'; readonly name: string; readonly keys: readonly Expression[] }
  | { readonly kind: 'group'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly Expression[] }
  | { readonly kind: 'in'; readonly keys: readonly Expression[]; readonly name: string }
  | { readonly kind: 'unary'; readonly sign: string; readonly operand: Expression }
  | { readonly kind: 'step'; readonly sign: string; readonly before: boolean; readonly target: Expression }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'assign'; readonly sign: string; readonly target: Expression; readonly value: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression };

/** Something that is done. */
export type Statement =
  | { readonly kind: 'expression'; readonly value: Expression }
  | { readonly kind: 'print'; readonly formatted: boolean; readonly items: readonly Expression[]; readonly to?: Target }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: Statement; readonly no?: Statement }
  | {
      readonly kind: 'loop';
      readonly start?: Statement;
      readonly test?: Expression;
      readonly step?: Statement;
      readonly body: Statement;
      readonly late: boolean;
    }
  | { readonly kind: 'each'; readonly name: string; readonly array: string; readonly body: Statement }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | { readonly kind: 'delete'; readonly name: string; readonly keys: readonly Expression[] }
  | { readonly kind: 'exit'; readonly code?: Expression }
  | { readonly kind: 'break' | 'continue' | 'next' };

/** The target of output. */
export interface Target {
  readonly append: boolean;
  readonly path: Expression;
}

/** A pattern and its action. */
export interface Rule {
  /** BEGIN and END, one pattern, two that begin and end a range, or none. */
  readonly when: 'BEGIN' | 'END' | readonly Expression[];
  /** Undefined to print the record. */
  readonly action: Statement | undefined;
}
