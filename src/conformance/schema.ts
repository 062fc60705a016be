import type { Exchange } from './api.js';

/** One way in which an answer deviates from the description. */
export interface SchemaDeviation {
  readonly operationId: string;
  /** JSON pointer into the description. */
  readonly pointer: string;
  /** What is wrong, e.g. `null where an array is declared`. */
  readonly message: string;
  /** The value that deviates. */
  readonly example: unknown;
}

/** Checks answers against the description at the API version that they were asked at. */
export interface ResponseValidator {
  /** Everything that deviates in one answer. */
  deviations(exchange: Exchange): readonly SchemaDeviation[];
  /** Places of fields that the description does not know, with an example each. */
  unknown(exchange: Exchange): readonly SchemaDeviation[];
}

/** A deviation from the description, counted once however often it was seen. */
export interface SchemaFinding extends SchemaDeviation {
  readonly kind: 'deviation' | 'unknown field';
  readonly count: number;
  /** The first request whose answer showed it. */
  readonly request: string;
}

/** Collects what the validator finds over a run, once per place and message. */
export class SchemaFindings {
  readonly #validator: ResponseValidator;
  readonly #found = new Map<string, SchemaFinding>();
  #checked = 0;

  constructor(validator: ResponseValidator) {
    this.#validator = validator;
  }

  /** Check one exchange; answers that broke off and gRPC calls are none of the description's. */
  add(exchange: Exchange): void {
    if (exchange.broken !== undefined || exchange.method === 'gRPC') return;
    this.#checked += 1;
    for (const deviation of this.#validator.deviations(exchange)) this.#count('deviation', deviation, exchange);
    for (const deviation of this.#validator.unknown(exchange)) this.#count('unknown field', deviation, exchange);
  }

  #count(kind: SchemaFinding['kind'], deviation: SchemaDeviation, exchange: Exchange): void {
    const key = `${deviation.pointer}\0${kind}\0${deviation.message}`;
    const known = this.#found.get(key);
    const request = known?.request ?? `${exchange.method} ${exchange.path}`;
    this.#found.set(key, { ...(known ?? deviation), kind, request, count: (known?.count ?? 0) + 1 });
  }

  /** Number of answers that were checked. */
  get checked(): number {
    return this.#checked;
  }

  /** All findings, by pointer and message. */
  list(): readonly SchemaFinding[] {
    return [...this.#found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
  }
}
