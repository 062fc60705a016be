/**
 * The interface of a container's file system. A snapshot is the read-only tree of an image's layers. A container's file
 * system is a writable layer above a snapshot; a volume is a file system without a snapshot. All calls are synchronous:
 * no call waits for a disk.
 */
import type { Clock } from '../clock.js';

/** Types of nodes. */
export type NodeType = 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo';

/** Number of a device. */
export interface Device {
  readonly major: number;
  readonly minor: number;
}

/** The metadata of a node, as stat(2) returns it. */
export interface Stat {
  /** The same for all hard links of a node, and only for them, within one file system. */
  readonly inode: number;
  readonly type: NodeType;
  /** The twelve bits: setuid, setgid, sticky and nine permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file, length of a link's target, 4096 for a directory, 0 for anything else. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Number of names. */
  readonly links: number;
  /** Target of a symbolic link, as written. Empty for other types. */
  readonly target: string;
  readonly device?: Device;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** Bytes of a file that stay where they are until they are read. */
export interface FileContent {
  readonly size: number;
  /**
   * @param at offset in bytes
   *
   * @param length maximum bytes
   * @returns the bytes, fewer only at the end. The buffer may be shared and must not be changed.
   */
  read(at: number, length: number): Uint8Array;
}

/** One entry of an archive: of a layer, of `PUT /containers/{id}/archive`, of an export. */
export interface ArchiveEntry {
  /** As a tar header has it: relative, a directory's without its slash. In a layer, `.wh.` names are whiteouts. */
  readonly name: string;
  readonly type: NodeType | 'hardlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Bytes of a file; 0 for anything else. */
  readonly size: number;
  /** Target of a symbolic or hard link. Empty for other types. */
  readonly target: string;
  readonly device?: Device;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /** A file's bytes, exactly `size` of them. When reading an archive: to be read before the next entry is asked for. */
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Stores the files of layers when they are loaded: in memory or in a file on the host (see content.ts). */
export interface ContentStore {
  /** @throws NO_SPACE when it is full */
  store(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): Promise<FileContent>;
  /**
   * Counts a directory copy with this many names, made for a layer that changes it.
   *
   * @throws NO_SPACE if there are too many
   */
  copied?(names: number): void;
}

/** The byte limit shared by writable layers. */
export interface ByteBudget {
  readonly limit: number;
  readonly used: number;
  /** Whether more is taken than there is: what an earlier daemon has acknowledged. */
  isLenient?: boolean;
  /** @throws NO_SPACE (ENOSPC) when there is less left */
  reserve(bytes: number): void;
  release(bytes: number): void;
}

/** The read-only tree of a chain of layers. Opaque: made by `emptySnapshot` and `applyLayer` (snapshot.ts). */
export interface Snapshot {
  /** Bytes that the files of all its layers take on a disk, those too that a layer above takes away or replaces. */
  readonly size: number;
}

/** The credentials of a caller. Root (uid 0) has all permissions. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** A difference from the snapshot, with the numbers of `GET /containers/{id}/changes`. */
export interface Change {
  readonly path: string;
  /** 0 modified, 1 added, 2 deleted. */
  readonly kind: 0 | 1 | 2;
}

/** The source of a mount. */
export interface MountSource {
  readonly fileSystem: FileSystem;
  /** The directory or file of that file system that is seen at the mount point; `/` for all of it. */
  readonly path: string;
  readonly readOnly: boolean;
  /** Type in the list of mounts. Default: `ext4`. */
  readonly type?: 'tmpfs' | 'shm' | 'proc' | 'sysfs';
}

/** An open file. Reading and writing go on where the last call ended, unless an offset is given. */
export interface OpenFile {
  stat(): Stat;
  /** @returns up to `length` bytes; none at the end */
  read(length: number, at?: number): Uint8Array;
  /** @throws FileSystemError ENOSPC, EROFS */
  write(bytes: Uint8Array, at?: number): void;
  truncate(size: number): void;
  /** Sets the file offset. */
  seek(at: number): void;
  /** Moves the file offset by a number of bytes, which may be negative. */
  skip(bytes: number): void;
  /** Closes the file and frees the bytes of an unlinked one. Closing twice has no effect. */
  close(): void;
}

/** Options of an open call. */
export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  /** Each write goes to the end. */
  readonly append?: boolean;
  /** Make the file when it is not there. */
  readonly create?: boolean;
  /** With `create`: fail with EEXIST if the file exists. */
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  /** Mode of a file that is made; 0o644 unless given. */
  readonly mode?: number;
}

/** Metadata to change; what is left out stays. */
export interface Attributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Nanoseconds since 1970. */
  readonly mtime?: bigint;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** Options for creating missing nodes. */
export interface MakeOptions {
  readonly mode?: number;
  /** For directories: make what is missing above it as well, and let it be there already. */
  readonly recursive?: boolean;
}

/**
 * A tree of nodes with a writable layer.
 *
 * Paths are absolute and may hold `.`, `..` and symbolic links; nothing leads above the root, as if it were chrooted
 * there. Where it says "follows", the last component is followed when it is a link; the ones before it always are.
 * Errors are `FileSystemError` with an errno: ENOENT, ENOTDIR, EEXIST, EISDIR, ENOTEMPTY, ELOOP, EINVAL, EACCES, EPERM, EROFS,
 * ENOSPC, EBUSY, EXDEV, ENAMETOOLONG.
 */
export interface FileSystem {
  /** The same tree for someone else, whose permissions are checked from there on. */
  as(credentials: Credentials): FileSystem;
  /**
   * Returns the view of a container's processes.
   *
   * @param mounts by mount point; ignored if the directory does not exist
   * @param sealed whether everything is read-only except mounts and `/dev`
   */
  inside(mounts: ReadonlyMap<string, MountSource>, sealed: boolean): FileSystem;
  readonly isSealed: boolean;

  /** Follows. The path without links, `.` and `..`. With `missing`, the last component need not be there. */
  realPath(path: string, options?: { readonly missing?: boolean }): string;
  /** Follows. */
  stat(path: string): Stat;
  /** Does not follow. */
  lstat(path: string): Stat;
  /** Follows; undefined where nothing is, and for every other reason that stat would fail for. */
  find(path: string): Stat | undefined;
  /** Follows. Whether the holder of these credentials may read (4), write (2) or run (1) it. */
  access(path: string, bits: number): boolean;
  /** Names in a directory, sorted by bytes, without `.` and `..`. Follows. */
  list(path: string): string[];
  /** The same, each made out when it is asked for, for there may be very many. Names that are gone by then are among them. */
  names(path: string): Iterable<string>;
  /** Whether there is nothing in a directory. Follows. */
  isEmpty(path: string): boolean;
  /** Follows. All bytes of a file; fails with EFBIG above `limit` bytes (64 MiB unless given). */
  readFile(path: string, limit?: number): Buffer;

  /** Follows. */
  open(path: string, options: OpenOptions): OpenFile;
  /**
   * Creates an unnamed file, so that a slow write is never visible or saved in part. If it has no name when it is
   * closed, it is deleted.
   *
   * @param directory its later parent, or another directory of the same file system
   */
  openUnnamed(directory: string): OpenFile;
  /** Give such a file its name. */
  name(file: OpenFile, path: string): void;
  /** Follows. Make or replace a file. */
  writeFile(path: string, bytes: Uint8Array | string, options?: MakeOptions): void;
  /** Follows. */
  truncate(path: string, size: number): void;
  mkdir(path: string, options?: MakeOptions): void;
  symlink(target: string, path: string): void;
  /** A further name of a node; does not follow either. */
  link(existing: string, path: string): void;
  mknod(path: string, type: 'character' | 'block' | 'fifo', mode: number, device?: Device): void;
  /** Does not follow. Any node but a directory. */
  unlink(path: string): void;
  /** An empty directory. */
  rmdir(path: string): void;
  /** Does not follow. A node with everything below it; nothing happens when it is not there. */
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** Does not follow with `link`. */
  change(path: string, attributes: Attributes, options?: { readonly link?: boolean }): void;

  /**
   * Show a directory or file of another file system at a path. The mount point is made when it is not there, as runc
   * does. Several file systems may show the same source: what one writes, the others see.
   */
  mount(path: string, source: MountSource): void;
  /** Take a mount away. */
  unmount(path: string): void;
  /** Mount points with what they show, in the order of their paths. */
  mounts(): ReadonlyMap<string, MountSource>;

  /**
   * A node and everything below it as archive entries, parents before children, names sorted, hard links after the first
   * name. Mounts are crossed with `mounts`; without, mount points come as the empty nodes they hide.
   *
   * @param path does not follow
   * @param options `name`: what the first entry is called (default: the path's base name; empty for the root's children
   *   only)
   */
  entries(path: string, options?: { readonly name?: string; readonly mounts?: boolean }): Iterable<ArchiveEntry>;
  /**
   * Put an archive's entries at a directory, as `PUT /containers/{id}/archive` and the builder do.
   *
   * Existing nodes are replaced, except that a directory over a directory only takes the metadata; names and link targets
   * cannot lead outside of the directory.
   */
  extract(path: string, entries: AsyncIterable<ArchiveEntry>, options?: ExtractOptions): Promise<void>;

  /** The writable layer against the snapshot, sorted; mounts are not looked into. */
  changes(): Change[];
  /** The same, some steps at a time, for there may be very many. */
  searchChanges(): Iterator<undefined, Change[]>;
  /**
   * Returns the writable layer as layer entries with `.wh.` whiteouts, as commit stores it. Reload it with `restore`.
   *
   * @returns entries of a snapshot taken when the first one is read
   */
  layer(): Iterable<ArchiveEntry>;
  /** Take over a layer that `layer()` gave earlier. */
  restore(entries: AsyncIterable<ArchiveEntry>): Promise<void>;

  /** Moves with each change of the writable layer; what it is mounted with has its own. */
  readonly revision: number;
  /** Bytes on a disk that the writable layer's files take (`SizeRw`), and with those of the snapshot (`SizeRootFs`). */
  usage(): { readonly writable: number; readonly root: number };
  /** Bytes of all files that are seen, each once: what a volume is said to be large. */
  bytes(): number;
  /** Give the writable layer's bytes back to the budget. Nothing may be asked of it afterwards. */
  dispose(): void;
}

/** Options of an extraction. */
export interface ExtractOptions {
  /** A directory does not replace anything else, nor anything else a directory (CONFLICT, in the daemon's words). */
  readonly noOverwriteDirNonDir?: boolean;
  /** Overrides the user and group of all entries. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Options of a file system: `createFileSystem(options)` in file-system.ts. */
export interface FileSystemOptions {
  /** The read-only tree below the writable layer. Default: none, as in a volume. */
  readonly snapshot?: Snapshot;
  /** Shared by several file systems. */
  readonly budget: ByteBudget;
  /** Times of what is written come from here. */
  readonly clock: Clock;
}

/** Applies a layer to a snapshot: `applyLayer` in snapshot.ts. The snapshot below is shared and does not change. */
export type ApplyLayer = (
  base: Snapshot,
  entries: AsyncIterable<ArchiveEntry>,
  keeper: ContentStore,
) => Promise<Snapshot>;
