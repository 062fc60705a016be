import type { Exchange } from './api.js';
import { show } from './expect.js';
import { compareVersions, isVersion } from './version.js';

/** A deviation of an answer from the description. */
export interface SchemaDeviation {
  readonly operationId: string;
  /** JSON pointer into the description: the response that the answer deviates from. */
  readonly pointer: string;
  /** JSON pointer into the body, `*` for any item of a list; empty for the body as a whole. */
  readonly place: string;
  /** The violated keyword of JSON schema, such as `type` or `required`; `status` if the description lacks the status. */
  readonly code: string;
  /** Description of the violation. */
  readonly message: string;
  /** The value that deviates. */
  readonly example: unknown;
}

/** Checks answers against the description. */
export interface ResponseValidator {
  /**
   * @param exchange a complete answer
   * @param version API version that it was asked at
   * @returns the operation if the description has it, all deviations, and fields that the description does not know
   */
  check(
    exchange: Exchange,
    version: string,
  ): {
    readonly operationId?: string;
    readonly deviations: readonly SchemaDeviation[];
    readonly unknown: readonly SchemaDeviation[];
  };
}

/** A deviation from the description, counted once however often it was seen. */
export interface SchemaFinding {
  readonly kind: 'deviation' | 'unknown field';
  readonly operationId: string;
  readonly pointer: string;
  readonly place: string;
  readonly message: string;
  /** JSON of the first value that was seen, cut when long. */
  readonly example: string;
  readonly count: number;
  /** The first request whose answer showed it. */
  readonly request: string;
}

/** A deviation in the body of an answer, with the first answer that showed it. */
export interface BodyDeviation extends SchemaDeviation {
  readonly exchange: Exchange;
}

/** The answers of an operation at the run's API version, compared with the description. */
export interface DescribedAnswers {
  /** Number of answers that were compared. */
  readonly checked: number;
  /** Deviations of their bodies, each place and message once. */
  readonly deviations: readonly BodyDeviation[];
}

/** Collects what the validator finds over a run, once per place and message. */
export class SchemaFindings {
  readonly #validator: ResponseValidator;
  readonly #highest: string;
  readonly #found = new Map<string, SchemaFinding>();
  readonly #described = new Map<string, { checked: number; readonly deviations: Map<string, BodyDeviation> }>();
  #checked = 0;

  /**
   * @param validator checks one answer
   * @param highest API version of the description; answers at a later one are not checked
   */
  constructor(validator: ResponseValidator, highest: string) {
    this.#validator = validator;
    this.#highest = highest;
  }

  /**
   * Check one exchange. Answers that broke off, gRPC calls and refusals of a version are none of the description's.
   *
   * @param exchange the answer
   * @param daemon API versions of the daemon, for requests without a version
   * @param runVersion API version of the run; answers at other versions do not count as described answers
   */
  add(
    exchange: Exchange,
    daemon: { readonly apiVersion: string; readonly minApiVersion: string },
    runVersion?: string,
  ): void {
    if (exchange.broken !== undefined || exchange.method === 'gRPC') return;
    const version = exchange.version ?? daemon.apiVersion;
    const refused =
      compareVersions(version, daemon.minApiVersion) < 0 || compareVersions(version, daemon.apiVersion) > 0;
    if (!isVersion(version) || refused || compareVersions(version, this.#highest) > 0) return;
    this.#checked += 1;
    const { operationId, deviations, unknown } = this.#validator.check(exchange, version);
    if (operationId !== undefined && version === runVersion) this.#describe(operationId, deviations, exchange);
    for (const deviation of deviations) this.#count('deviation', deviation, exchange);
    for (const deviation of unknown) this.#count('unknown field', deviation, exchange);
  }

  #describe(operationId: string, deviations: readonly SchemaDeviation[], exchange: Exchange): void {
    const known = this.#described.get(operationId) ?? { checked: 0, deviations: new Map<string, BodyDeviation>() };
    this.#described.set(operationId, known);
    known.checked += 1;
    for (const deviation of deviations) {
      const key = [deviation.pointer, deviation.place, deviation.message].join('\0');
      if (deviation.code !== 'status' && !known.deviations.has(key))
        known.deviations.set(key, { ...deviation, exchange });
    }
  }

  /** Answers of an operation at the run's API version. */
  described(operationId: string): DescribedAnswers {
    const { checked = 0, deviations = new Map<string, BodyDeviation>() } = this.#described.get(operationId) ?? {};
    return { checked, deviations: [...deviations.values()] };
  }

  #count(kind: SchemaFinding['kind'], deviation: SchemaDeviation, exchange: Exchange): void {
    const { operationId, pointer, place, message } = deviation;
    const key = [pointer, place, kind, message].join('\0');
    const known = this.#found.get(key);
    this.#found.set(
      key,
      known
        ? { ...known, count: known.count + 1 }
        : {
            kind,
            operationId,
            pointer,
            place,
            message,
            example: deviation.example === undefined ? '' : show(JSON.stringify(deviation.example)),
            count: 1,
            request: `${exchange.method} ${exchange.path}`,
          },
    );
  }

  /** Number of answers that were checked. */
  get checked(): number {
    return this.#checked;
  }

  /** All findings, by pointer, place and message. */
  list(): readonly SchemaFinding[] {
    return [...this.#found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
  }
}
