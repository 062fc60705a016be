import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The package, read when something is packed or unpacked: with what it needs it is fifteen modules, of which a start needs none. */
export const tarStream = (): typeof import('tar-stream') => require('tar-stream') as typeof import('tar-stream');
