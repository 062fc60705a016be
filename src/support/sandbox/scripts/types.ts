/**
 * Scripts: what is said of containers whose programs cannot be run (docs/reference/scripts.md, schemas/scripts-1.0.json).
 *
 * Durations are texts as Go writes them: `500ms`, `1.5s`.
 */

/** A shell pattern, or several alternatives. */
export type Patterns = string | readonly string[];

/** Something that a process does. */
export interface ScriptStep {
  /** Time since the step before. */
  readonly after?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** End with this code. */
  readonly exit?: number;
  /** Do it again and again, so much time apart. */
  readonly every?: string;
  /** With `every`: the number of repetitions. */
  readonly times?: number;
}

/** The results of a health check from a time since the start on. */
export interface ScriptHealth {
  readonly from?: string;
  readonly exit: number;
  readonly output?: string;
}

/** The response of another process in the container. */
export interface ScriptExec {
  readonly command: Patterns;
  /** Only from this time since the start on. */
  readonly from?: string;
  /** Delay of the response. */
  readonly after?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** 0 when left out. */
  readonly exit?: number;
}

/** The response of a TCP port. A string is the whole response. */
export type ScriptPort = string | { readonly from?: string; readonly greeting?: string; readonly response?: string };

/** The script of the containers that it matches. */
export interface Script {
  readonly name: string;
  /** Without, it is only for containers whose label `attestd.script` names it. */
  readonly match?: { readonly image?: Patterns; readonly command?: Patterns };
  /** The steps of PID 1. After the last step it runs until it is stopped. */
  readonly run?: readonly ScriptStep[];
  readonly signals?: Readonly<Record<string, 'ignore' | ScriptStep>>;
  readonly stdin?: 'discard' | 'echo' | 'exit';
  readonly health?: readonly ScriptHealth[];
  readonly exec?: readonly ScriptExec[];
  readonly serves?: Readonly<Record<string, ScriptPort>>;
}

/** The source of scripts: a file path, or a parsed document. */
export type ScriptsSource = string | ScriptsDocument;

/** The content of a scripts file. */
export interface ScriptsDocument {
  readonly version: '1.0';
  readonly scripts: readonly Script[];
}
