import type { ServerResponse } from 'node:http';
import { dropMembers, editMembers, editValue, elementsOf } from './text.js';

/** A request on its way to the daemon. */
export class Asked {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  readonly body: Buffer;
  /** API version of the path, if it has one. */
  readonly version: string | undefined;
  /** Path without version and query, unescaped. */
  readonly route: string;

  constructor(method: string, path: string, body: Buffer = Buffer.alloc(0)) {
    this.method = method;
    this.path = path;
    this.body = body;
    const [, version, rest = ''] = /^(?:\/v(\d+\.\d+))?(\/[^?]*)/.exec(path) ?? [];
    this.version = version;
    this.route = unescaped(rest);
  }

  get query(): URLSearchParams {
    const at = this.path.indexOf('?');
    return new URLSearchParams(at < 0 ? '' : this.path.slice(at + 1));
  }

  /** Whether this is such a request. */
  is(method: string, route: RegExp): boolean {
    return this.method === method && route.test(this.route);
  }

  /** The same request with another query; as sent when the edit changes nothing, broken escapes included. */
  ask(edit: (query: URLSearchParams) => void): Asked {
    const query = this.query;
    const asSent = query.toString();
    edit(query);
    const text = query.toString();
    if (text === asSent) return this;
    return new Asked(this.method, `${this.path.split('?')[0]}${text === '' ? '' : `?${text}`}`, this.body);
  }

  /** The same request at another path; the query stays. */
  at(edit: (path: string) => string): Asked {
    const [path = '', ...query] = this.path.split('?');
    return new Asked(this.method, [edit(path), ...query].join('?'), this.body);
  }
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** An answer on its way to the suite. */
export class Reply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;

  constructor(status: number, headers: readonly (readonly [string, string])[], body: Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /** One character a byte: edits keep every byte that they do not touch. */
  get text(): string {
    return this.body.toString('latin1');
  }

  withStatus(status: number): Reply {
    return new Reply(status, this.headers, this.body);
  }

  withText(text: string): Reply {
    return new Reply(this.status, this.headers, Buffer.from(text, 'latin1'));
  }

  withBody(body: Buffer): Reply {
    return new Reply(this.status, this.headers, body);
  }

  /** @param value undefined removes the header */
  withHeader(name: string, value: string | undefined): Reply {
    const others = this.headers.filter(([key]) => key.toLowerCase() !== name.toLowerCase());
    return new Reply(this.status, value === undefined ? others : [...others, [name, value]], this.body);
  }

  /** Edit the body as a value; see {@link editValue}. */
  edit(change: (value: unknown) => unknown): Reply {
    return this.withText(editValue(this.text, change));
  }

  /** Edit the elements of a body that is an array, as texts. */
  elements(change: (elements: string[]) => string[]): Reply {
    return this.withText(`[${change(elementsOf(this.text)).join(',')}]\n`);
  }

  /** Edit the text of every member with this key. */
  members(key: string, change: (value: string) => string): Reply {
    return this.withText(editMembers(this.text, key, change));
  }

  /** The text of every member with this key. */
  valuesOf(key: string): string[] {
    const values: string[] = [];
    this.members(key, (value) => {
      values.push(value);
      return value;
    });
    return values;
  }

  without(key: string): Reply {
    return this.withText(dropMembers(this.text, key));
  }
}

/** An answer with a JSON body, in place of the daemon's. */
export function instead(status: number, value: unknown): Reply {
  return new Reply(status, [['Content-Type', 'application/json']], Buffer.from(`${JSON.stringify(value)}\n`));
}

/** One gRPC call as bytes: messages without their frames. */
export interface Call {
  readonly method: string;
  readonly messages: readonly Buffer[];
  readonly status: number;
  readonly details: string;
}

/** One fault between suite and daemon. */
export interface Mutant {
  readonly id: string;
  /** Description of the fault. */
  readonly title: string;
  /** Whether it breaks what clients can live without, so that a failed SHOULD catches it. */
  readonly should?: boolean;
  /** Change what the daemon is asked, or answer in its place. */
  readonly before?: (asked: Asked) => Asked | Reply | undefined;
  /** Change what the daemon answers. */
  readonly after?: (asked: Asked, reply: Reply) => Reply | undefined;
  /** Change one line of a stream; null drops it. */
  readonly line?: (asked: Asked, line: string) => string | null;
  /** Send bodies in chunks of this many bytes. */
  readonly pieces?: number;
  /** Delay of answers in milliseconds. */
  readonly late?: number;
  /** Change how an answer is sent, before its head is. */
  readonly dress?: (outgoing: ServerResponse) => void;
  /** Change the head of an answer that takes its connection over. */
  readonly head?: (asked: Asked, head: string) => string;
  /** Change bytes of a stream on their way to the suite: of a connection that was taken over, or of an answer that goes on. */
  readonly bytes?: (asked: Asked, bytes: Buffer) => Buffer;
  /** Change bytes of a connection that was taken over on their way to the daemon; undefined keeps its end back. */
  readonly input?: (asked: Asked, bytes: Buffer | 'end') => Buffer | undefined;
  /** Change the message of a gRPC call. */
  readonly message?: (method: string, message: Buffer) => Buffer;
  /** Change the outcome of a gRPC call. */
  readonly call?: (call: Call) => Call;
}

/** Mutants of one area, and the requirements that are tried on them first. */
export interface Area {
  readonly name: string;
  /** Patterns of requirement ids, as `--only` takes them. */
  readonly only: readonly string[];
  readonly destructive?: boolean;
  readonly mutants: readonly Mutant[];
}

/** A mutant that changes the answers to one kind of request when they have this status. */
export function answers(
  method: string,
  route: RegExp,
  change: (reply: Reply, asked: Asked) => Reply | undefined,
  status = 200,
): Pick<Mutant, 'after'> {
  return {
    after: (asked, reply) => (asked.is(method, route) && reply.status === status ? change(reply, asked) : undefined),
  };
}

/** A mutant that changes the body of one kind of request, which is an object. */
export function bodies(
  method: string,
  route: RegExp,
  change: (body: Record<string, unknown>) => void,
): Pick<Mutant, 'before'> {
  return requests(method, route, (asked) => {
    if (asked.body.length === 0) return undefined;
    try {
      const body = JSON.parse(asked.body.toString()) as Record<string, unknown>;
      change(body);
      return new Asked(asked.method, asked.path, Buffer.from(JSON.stringify(body)));
    } catch {
      return undefined;
    }
  });
}

/** A mutant that changes one kind of request. */
export function requests(
  method: string,
  route: RegExp,
  change: (asked: Asked) => Asked | Reply | undefined,
): Pick<Mutant, 'before'> {
  return { before: (asked) => (asked.is(method, route) ? change(asked) : undefined) };
}

/** A mutant that keeps the daemon from seeing parameters. */
export function ignores(method: string, route: RegExp, ...names: readonly string[]): Pick<Mutant, 'before'> {
  return requests(method, route, (asked) =>
    asked.ask((query) => {
      for (const name of names) query.delete(name);
    }),
  );
}
