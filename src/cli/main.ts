#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { AttestdError } from '../errors.js';
import { execute } from './program.js';

// Newer Nodes keep what they compiled, in the folder for temporary files, and start sooner the next time.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`attestd: ${message.replaceAll('\n', ' ')}\n`);
  process.exitCode = error instanceof AttestdError ? error.exitCode : 3;
}

// A reader that has seen enough, such as `head`, closes the pipe: the rest is not written, and nothing is wrong.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') fail(error);
  });

execute(process.argv.slice(2)).then((code) => {
  process.exitCode ??= code;
}, fail);
