import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { AttestdError } from '../support/foundation/errors.js';

/** Maximum size of an unpacked bundle in bytes. */
const maximumBundle = 64 * 1024 * 1024;

/** A policy program, as passed to the worker thread. */
export type PolicyProgram =
  | { readonly kind: 'module'; readonly url: string }
  | { readonly kind: 'wasm'; readonly wasm: Buffer; readonly data: string };

/** A loaded program and its digest. */
export interface LoadedProgram {
  readonly program: PolicyProgram;
  /** `sha256:…` of the file. */
  readonly digest: string;
  /** Reports whether the program text or the constants of its WebAssembly contain a member name. */
  names(member: string): boolean;
}

const refuse = (path: string, why: string): AttestdError =>
  new AttestdError('INVALID_ARGUMENT', `the policy '${path}' ${why}`);

/**
 * Unpacks a bundle. File names have no leading slash.
 *
 * @throws errors of gunzip and tar-stream, and for bundles over 64 MiB
 */
export async function bundleFiles(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const unzip = promisify(gunzip) as (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
  const files = new Map<string, Buffer>();
  const entries = extract();
  entries.end(await unzip(bytes, { maxOutputLength: maximumBundle }));
  for await (const entry of entries) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    files.set(entry.header.name.replace(/^\.?\/+/, ''), Buffer.concat(pieces));
  }
  return files;
}

type WasmProgram = Extract<PolicyProgram, { kind: 'wasm' }>;

const wasmProgram = (program: WasmProgram): Omit<LoadedProgram, 'digest'> => ({
  program,
  names: (member) => program.wasm.includes(member),
});

async function readBundle(path: string, bytes: Buffer): Promise<WasmProgram> {
  let files: ReadonlyMap<string, Buffer>;
  try {
    files = await bundleFiles(bytes);
  } catch (cause) {
    throw new AttestdError('INVALID_ARGUMENT', `the policy '${path}' is no bundle: ${(cause as Error).message}`, {
      cause,
    });
  }
  const wasm = files.get('policy.wasm');
  if (wasm === undefined)
    throw refuse(path, 'has no policy.wasm: build it with `opa build -t wasm -e docker/decision`');
  return { kind: 'wasm', wasm, data: files.get('data.json')?.toString() ?? '{}' };
}

/**
 * Reads a policy: an OPA bundle compiled to WebAssembly (`.tar.gz`), its `policy.wasm`, or an ES module (`.mjs`, `.js`).
 *
 * @param path path of the file
 * @throws AttestdError NOT_FOUND if it cannot be read, INVALID_ARGUMENT for other files
 */
export async function loadProgram(path: string): Promise<LoadedProgram> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AttestdError('NOT_FOUND', `the policy '${path}' cannot be read`, { cause });
  });
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (bytes.length > maximumBundle) throw refuse(path, `is longer than ${maximumBundle} bytes`);
  if (/\.m?js$/.test(path)) {
    // The query makes an edited module a new one for the module cache.
    const url = `${pathToFileURL(resolve(path)).href}?${digest}`;
    return { digest, program: { kind: 'module', url }, names: (member) => bytes.includes(member) };
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { digest, ...wasmProgram(await readBundle(path, bytes)) };
  if (bytes.subarray(0, 4).equals(Buffer.from('\0asm')))
    return { digest, ...wasmProgram({ kind: 'wasm', wasm: bytes, data: '{}' }) };
  const rego = path.endsWith('.rego') ? '; compile it with `opa build -t wasm -e docker/decision`' : '';
  throw refuse(path, `is neither an OPA bundle in WebAssembly nor an ES module (.mjs, .js)${rego}`);
}
