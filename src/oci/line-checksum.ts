import { crc32 } from 'node:zlib';

/** Hex digits that tell whether a line of a file is as it was written. */
const sumLength = 8;

const sumOf = (text: string): string => crc32(text).toString(16).padStart(sumLength, '0');

/** A text with what tells whether it is as it was written. */
export const withChecksum = (text: string): string => `${sumOf(text)} ${text}`;

/** The text that a place of a file was written with by `summed`; undefined where it is another. */
export function verifiedText(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start + sumLength + 1, end);
  return bytes.toString('latin1', start, start + sumLength) === sumOf(text) ? text : undefined;
}
