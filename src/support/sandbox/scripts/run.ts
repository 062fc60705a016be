import type { Duplex } from 'node:stream';
import { parseDuration } from '../../go/duration.js';
import type { Machine } from '../kernel/machine.js';
import { parseSignal, SIG } from '../kernel/signals.js';
import { type Program, type Task, Terminated } from '../kernel/task.js';
import { chunks, write } from '../programs/io.js';
import { Pattern } from '../shell/pattern.js';
import type { ProcessSpec, SandboxSpec } from '../types.js';
import { serveConnection } from './ports.js';
import type { Patterns, Script, ScriptExec, ScriptStep } from './types.js';

/** The label of a container or image that names a script. */
const label = 'attestd.script';

/** Milliseconds of a duration. */
export const milliseconds = (text: string | undefined): number => Number(parseDuration(text ?? '0') ?? 0n) / 1e6;

/** Whether one of the patterns matches. */
function anyMatches(patterns: Patterns, text: string): boolean {
  return [patterns].flat().some((pattern) => new Pattern(pattern).matches(text));
}

/**
 * Returns the script of a container: the one named by its label or the image's label, otherwise the first that matches
 * the image.
 *
 * @param missing called with an unknown name
 */
export function chooseScript(
  scripts: readonly Script[],
  { labels, image }: Pick<SandboxSpec, 'labels' | 'image'>,
  missing: (name: string) => void,
): readonly Script[] {
  const name = labels[label] ?? image.labels[label];
  if (name !== undefined) {
    const named = scripts.find((script) => script.name === name);
    if (named === undefined) missing(name);
    return named === undefined ? [] : [{ ...named, match: {} }];
  }
  const references = [
    image.reference,
    image.reference.replace(/^docker\.io\//, ''),
    image.reference.replace(/^docker\.io\/library\//, ''),
  ];
  return scripts.filter(
    ({ match }) =>
      match !== undefined &&
      (match.image === undefined || references.some((text) => anyMatches(match.image as Patterns, text))),
  );
}

/** A script while its container runs. */
export class RunningScript {
  readonly #candidates: readonly Script[];
  readonly #now: () => number;
  #script: Script | undefined;
  #started = 0;

  /** @param candidates the first one whose command matches PID 1 is used */
  constructor(candidates: readonly Script[], now: () => number) {
    this.#candidates = candidates;
    this.#now = now;
  }

  /** Returns the scripted program of a process. Undefined if the script does not cover it. */
  serveInput(spec: ProcessSpec): { readonly argv: readonly string[]; readonly program: Program } | undefined {
    const command = spec.argv.join(' ');
    if (spec.purpose === 'build') return undefined;
    if (spec.purpose === 'init') {
      this.#started = this.#now();
      this.#script = this.#candidates.find(
        ({ match }) => match?.command === undefined || anyMatches(match.command, command),
      );
      const script = this.#script;
      const acts = script !== undefined && (script.run ?? script.signals ?? script.stdin) !== undefined;
      return acts ? { argv: spec.argv, program: (task) => runScript(task, script) } : undefined;
    }
    const answer = (spec.purpose === 'health' ? this.#health() : undefined) ?? this.#exec(command);
    return answer && { argv: spec.argv, program: (task) => serveLine(task, answer) };
  }

  /** TCP ports that are answered now. */
  ports(): number[] {
    return Object.entries(this.#script?.serves ?? {})
      .filter(([, port]) => typeof port === 'string' || this.#elapsed >= milliseconds(port.from))
      .map(([number]) => Number(number))
      .sort((a, b) => a - b);
  }

  /** Answer a connection. False when nothing listens on the port. */
  connect(port: number, socket: Duplex, machine: Machine): boolean {
    if (!this.ports().includes(port) || machine.task(1) === undefined) return false;
    const said = this.#script?.serves?.[String(port)] ?? '';
    serveConnection(socket, typeof said === 'string' ? { response: said } : said);
    return true;
  }

  get #elapsed(): number {
    return this.#now() - this.#started;
  }

  #health(): Omit<ScriptExec, 'command'> | undefined {
    const phase = this.#script?.health?.findLast(({ from }) => this.#elapsed >= milliseconds(from));
    return phase && { exit: phase.exit, ...(phase.output !== undefined && { stdout: phase.output }) };
  }

  #exec(command: string): Omit<ScriptExec, 'command'> | undefined {
    return this.#script?.exec?.find(
      (entry) => anyMatches(entry.command, command) && this.#elapsed >= milliseconds(entry.from),
    );
  }
}

async function say(
  task: Task,
  { stdout, stderr }: { readonly stdout?: string; readonly stderr?: string },
): Promise<void> {
  if (stdout !== undefined) await write(task, stdout);
  if (stderr !== undefined) await write(task, stderr, 2);
}

async function serveLine(task: Task, answer: Omit<ScriptExec, 'command'>): Promise<number> {
  const wait = milliseconds(answer.after);
  if (wait > 0) await task.sleep(wait);
  await say(task, answer);
  return answer.exit ?? 0;
}

/** Do a step, again and again where it says so. @returns the exit code, if it ends the process */
async function doStep(task: Task, step: ScriptStep): Promise<number | undefined> {
  const wait = milliseconds(step.after);
  if (wait > 0) await task.sleep(wait);
  for (let left = step.every === undefined ? 1 : (step.times ?? Number.POSITIVE_INFINITY); left > 0; left--) {
    await say(task, step);
    if (step.exit !== undefined) return step.exit;
    if (left > 1) await task.sleep(Math.max(1, milliseconds(step.every)));
  }
  return undefined;
}

/** Runs PID 1 by its script: steps, signals and input concurrently. */
function runScript(task: Task, script: Script): Promise<number> {
  return task.block<number>((resolve, reject) => {
    const go = (action: () => Promise<number | undefined>): void => {
      action().then(
        (code) => {
          if (code !== undefined) resolve(code);
        },
        (error: unknown) => {
          if (!(error instanceof Terminated)) reject(error);
        },
      );
    };
    for (const signal of [SIG.TERM, SIG.INT, SIG.QUIT]) task.handlers.set(signal, () => task.end(signal));
    for (const [name, reaction] of Object.entries(script.signals ?? {})) {
      const signal = parseSignal(name);
      if (signal === undefined) continue;
      task.handlers.set(signal, reaction === 'ignore' ? null : () => go(() => doStep(task, reaction)));
    }
    go(async () => {
      for (const step of script.run ?? []) {
        const code = await doStep(task, step);
        if (code !== undefined) return code;
      }
      return undefined;
    });
    go(() => takeInput(task, script.stdin ?? 'discard'));
    return () => {};
  });
}

async function takeInput(task: Task, how: NonNullable<Script['stdin']>): Promise<number | undefined> {
  for await (const bytes of chunks(task, task.fds.need(0))) if (how === 'echo') await write(task, bytes);
  return how === 'exit' ? 0 : undefined;
}
