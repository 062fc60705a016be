import { parentPort, workerData } from 'node:worker_threads';
import type { PolicyProgram } from './program.js';

/** Initial data of the thread. */
export interface ThreadStart {
  readonly program: PolicyProgram;
  /** Maximum memory of a WebAssembly policy in pages of 64 KiB. */
  readonly pages: number;
}

/** A request: the input as JSON. */
export interface ThreadQuestion {
  readonly id: number;
  readonly input: string;
}

/** A response: `ready` once, then one decision in JSON per request. */
export type ThreadAnswer =
  | { readonly ready: true }
  | { readonly id: number; readonly decision: string }
  | { readonly id?: number; readonly failure: string };

type Evaluate = (input: string) => unknown;

/** Selects buildx's entry point, or the only one. */
function entryPoint(entrypoints: Readonly<Record<string, number>>): string {
  const names = Object.keys(entrypoints);
  if (names.includes('docker/decision')) return 'docker/decision';
  if (names.length === 1) return names[0] as string;
  throw new Error(`it has no entry point docker/decision, but ${names.join(', ') || 'none'}`);
}

async function wasmEvaluator(program: Extract<PolicyProgram, { kind: 'wasm' }>, pages: number): Promise<Evaluate> {
  const { loadPolicy } = await import('@open-policy-agent/opa-wasm');
  const policy = await loadPolicy(new Uint8Array(program.wasm), { initial: 5, maximum: pages });
  policy.setData(JSON.parse(program.data) as object);
  const entry = entryPoint(policy.entrypoints as Record<string, number>);
  return (input) => {
    // The input is passed as bytes, without parsing it again.
    const bytes = new TextEncoder().encode(input);
    const results = policy.evaluate(bytes.buffer as ArrayBuffer, entry) as readonly { result?: unknown }[] | null;
    return results?.[0]?.result;
  };
}

async function moduleEvaluator(url: string): Promise<Evaluate> {
  const { default: judge } = (await import(url)) as { default?: unknown };
  if (typeof judge !== 'function') throw new Error('it exports no function as default');
  return (input) => judge(JSON.parse(input)) as unknown;
}

/** Returns the message of a thrown value. The library also throws strings and plain objects. */
const messageOf = (thrown: unknown): string => {
  if (typeof thrown === 'string') return thrown;
  const { message } = Object(thrown) as { message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
};

async function serve(): Promise<void> {
  const { program, pages } = workerData as ThreadStart;
  const answer = (message: ThreadAnswer): void => parentPort?.postMessage(message);
  let judge: Evaluate;
  try {
    judge = await (program.kind === 'wasm' ? wasmEvaluator(program, pages) : moduleEvaluator(program.url));
  } catch (error) {
    return answer({ failure: messageOf(error) });
  }
  parentPort?.on('message', async ({ id, input }: ThreadQuestion) => {
    try {
      const decision = JSON.stringify(await judge(input)) as string | undefined;
      answer({ id, decision: decision ?? 'null' });
    } catch (error) {
      answer({ id, failure: messageOf(error) });
    }
  });
  answer({ ready: true });
}

await serve();
