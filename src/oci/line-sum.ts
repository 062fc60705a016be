import { crc32 } from 'node:zlib';

/** Hex digits that tell whether a line of a file is as it was written. */
export const sumLength = 8;

/** What tells whether a line is as it was written. */
export const sumOf = (text: string): string => crc32(text).toString(16).padStart(sumLength, '0');
