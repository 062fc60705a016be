/**
 * Scripts: what is said of containers whose programs cannot be run (docs/reference/scripts.md, schemas/scripts-1.0.json).
 *
 * Durations are texts as Go writes them: `500ms`, `1.5s`.
 */

/** A shell pattern, or several of which one has to match. */
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
  /** With `every`: so many times in all. */
  readonly times?: number;
}

/** What a health check finds from a time since the start on. */
export interface ScriptHealth {
  readonly from?: string;
  readonly exit: number;
  readonly output?: string;
}

/** What another process of the container answers. */
export interface ScriptExec {
  readonly command: Patterns;
  /** Only from this time since the start on. */
  readonly from?: string;
  /** How long it takes. */
  readonly after?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** 0 when left out. */
  readonly exit?: number;
}

/** What a TCP port answers; a text is its response. */
export type ScriptPort = string | { readonly from?: string; readonly greeting?: string; readonly response?: string };

/** What is said of the containers that it is for. */
export interface Script {
  readonly name: string;
  /** Without, it is only for containers whose label `attestd.script` names it. */
  readonly match?: { readonly image?: Patterns; readonly command?: Patterns };
  /** What PID 1 does. After the last step it runs until it is stopped. */
  readonly run?: readonly ScriptStep[];
  readonly signals?: Readonly<Record<string, 'ignore' | ScriptStep>>;
  readonly stdin?: 'discard' | 'echo' | 'exit';
  readonly health?: readonly ScriptHealth[];
  readonly exec?: readonly ScriptExec[];
  readonly serves?: Readonly<Record<string, ScriptPort>>;
}

/** Where scripts come from: the path of a file, or what it would hold. */
export type ScriptsSource = string | ScriptsDocument;

/** What a file of scripts holds. */
export interface ScriptsDocument {
  readonly version: '1.0';
  readonly scripts: readonly Script[];
}
