import { AttestdError, type ErrorCode } from '../../foundation/errors.js';

const kinds = {
  ENOENT: ['NOT_FOUND', 'No such file or directory'],
  ENOTDIR: ['CONFLICT', 'Not a directory'],
  EEXIST: ['ALREADY_EXISTS', 'File exists'],
  EISDIR: ['CONFLICT', 'Is a directory'],
  ENOTEMPTY: ['CONFLICT', 'Directory not empty'],
  ELOOP: ['INVALID_ARGUMENT', 'Too many levels of symbolic links'],
  EINVAL: ['INVALID_ARGUMENT', 'Invalid argument'],
  EACCES: ['FORBIDDEN', 'Permission denied'],
  EPERM: ['FORBIDDEN', 'Operation not permitted'],
  EROFS: ['READ_ONLY', 'Read-only file system'],
  ENOSPC: ['NO_SPACE', 'No space left on device'],
  EFBIG: ['NO_SPACE', 'File too large'],
  EBUSY: ['CONFLICT', 'Device or resource busy'],
  EXDEV: ['CONFLICT', 'Invalid cross-device link'],
  ENAMETOOLONG: ['INVALID_ARGUMENT', 'File name too long'],
  EPIPE: ['CONFLICT', 'Broken pipe'],
  EBADF: ['INVALID_ARGUMENT', 'Bad file descriptor'],
  ENXIO: ['UNAVAILABLE', 'No such device or address'],
} as const satisfies Record<string, readonly [ErrorCode, string]>;

/** Error numbers of file system calls. */
export type Errno = keyof typeof kinds;

/** An error of a file system call. */
export class FileSystemError extends AttestdError {
  declare readonly errno: Errno;
  declare readonly path: string;

  /** @param path the requested path */
  constructor(errno: Errno, path: string) {
    const [code, text] = kinds[errno];
    // Programs look for missing files all the time, and the stack is never read.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(code, `${path}: ${text}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'FileSystemError';
    this.errno = errno;
    this.path = path;
  }

  /** The text of strerror(3), which programs in a container print. */
  get text(): string {
    return kinds[this.errno][1];
  }
}
