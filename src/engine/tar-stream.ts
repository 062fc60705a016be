import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Loaded on first use: the package has fifteen modules that a start does not need. */
export const tarStream = (): typeof import('tar-stream') => require('tar-stream') as typeof import('tar-stream');
