import { blockSize, padding } from './tar.js';

/** What stands before the bytes of a file in a tar archive. */
export interface TarHead {
  /** Relative; a folder's ends with a slash. */
  readonly name: string;
  /** The type's character (POSIX, ustar interchange format). */
  readonly flag: string;
  readonly mode: number;
  /** Bytes that follow. */
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly linkname?: string;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** Two blocks of zeros, with which an archive ends. */
export const tarEnd = Buffer.alloc(2 * blockSize);

/** What fills a file's last block. */
export const tarPadding = (size: number): Buffer => tarEnd.subarray(0, padding(size));

const longest = 100;
const mostOctal = (digits: number): number => 8 ** digits - 1;

/** A ustar header; what does not fit into it comes before in a pax header. */
export function tarHead(head: TarHead): Buffer {
  const { name, size, uid, gid, mtime, linkname = '' } = head;
  const records: string[] = [];
  const fits = (key: string, value: number, digits: number): number => {
    if (value >= 0 && value <= mostOctal(digits)) return value;
    records.push(paxRecord(key, `${value}`));
    return 0;
  };
  if (isLong(name)) records.push(paxRecord('path', name));
  if (isLong(linkname)) records.push(paxRecord('linkpath', linkname));
  const fitting = {
    ...head,
    size: fits('size', size, 11),
    uid: fits('uid', uid, 7),
    gid: fits('gid', gid, 7),
    mtime: fits('mtime', mtime, 11),
  };
  if (records.length === 0) return block(fitting);
  const body = Buffer.from(records.join(''));
  const pax = { name: 'PaxHeaders.0/file', flag: 'x', mode: 0o644, size: body.length, uid: 0, gid: 0, mtime: 0 };
  return Buffer.concat([block(pax), body, tarPadding(body.length), block(fitting)]);
}

/** Whether a name is longer than its field, or has more than ASCII, which says nothing of how it is encoded there. */
function isLong(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) if (name.charCodeAt(at) > 0x7f) return true;
  return name.length > longest;
}

/** `length key=value`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + `${bytes}`.length;
  length = bytes + `${length}`.length;
  return `${length}${rest}`;
}

function block(head: TarHead): Buffer {
  const header = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, digits: number): void => {
    header.write(Math.min(value, mostOctal(digits)).toString(8).padStart(digits, '0'), at, 'latin1');
  };
  header.write(head.name, 0, longest, 'utf8');
  octal(head.mode, 100, 7);
  octal(head.uid, 108, 7);
  octal(head.gid, 116, 7);
  octal(head.size, 124, 11);
  octal(head.mtime, 136, 11);
  header.fill(0x20, 148, 156);
  header.write(head.flag, 156, 'latin1');
  if (head.linkname !== undefined) header.write(head.linkname, 157, longest, 'utf8');
  header.write('ustar\u000000', 257, 'latin1');
  octal(head.device?.major ?? 0, 329, 7);
  octal(head.device?.minor ?? 0, 337, 7);
  let sum = 0;
  for (let at = 0; at < blockSize; at += 1) sum += header[at] as number;
  octal(sum, 148, 6);
  header[154] = 0;
  return header;
}
