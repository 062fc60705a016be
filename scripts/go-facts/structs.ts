/** Reads the JSON form of Go structs from a checkout of moby. */
import { execFileSync } from 'node:child_process';
import { type GoField, type GoFile, type GoType, parseGo } from './parse.js';

/** The JSON types of a member: `s`tring, `b`oolean, `i`nteger, `n`umber, `l`ist, `o`bject, `?` for any. */
export type JsonKind = 's' | 'b' | 'i' | 'n' | 'l' | 'o' | '?';

/** A member of an object on the wire. */
export interface GoMember {
  readonly kind: JsonKind;
  /** Whether it is always sent. Otherwise an empty value is omitted. */
  readonly always: boolean;
  readonly null: boolean;
  /** The struct of the value, of its elements or of its map values. */
  readonly struct?: string;
}

/** The members of structs by struct, such as `image.InspectResponse`. */
export type GoStructs = ReadonlyMap<string, ReadonlyMap<string, GoMember>>;

/** Directories of API types, the oldest first. */
const directories = ['vendor/src/github.com/docker/engine-api/types', 'api/types'];

/** Types outside these directories, by their JSON type. */
const known: Readonly<Record<string, JsonKind>> = {
  string: 's',
  bool: 'b',
  byte: 'i',
  rune: 'i',
  error: 'o',
  any: '?',
  int: 'i',
  int8: 'i',
  int16: 'i',
  int32: 'i',
  int64: 'i',
  uint: 'i',
  uint8: 'i',
  uint16: 'i',
  uint32: 'i',
  uint64: 'i',
  float32: 'n',
  float64: 'n',
  'time.Time': 's',
  'time.Duration': 'i',
  'os.FileMode': 'i',
  'fs.FileMode': 'i',
  'net.IP': 's',
  'net.HardwareAddr': 's',
  'netip.Addr': 's',
  'netip.Prefix': 's',
  'digest.Digest': 's',
  'json.RawMessage': '?',
  'nat.Port': 's',
  'nat.PortMap': 'o',
  'nat.PortSet': 'o',
  'units.Ulimit': 'o',
  'ocispec.Descriptor': 'o',
  'ocispec.Platform': 'o',
  'v1.Descriptor': 'o',
  'v1.Platform': 'o',
  'dockerspec.DockerOCIImageConfig': 'o',
  'dockerspec.HealthcheckConfig': 'o',
  'nat.PortBinding': 'o',
};

function git(dir: string, args: readonly string[], input?: string): string {
  return execFileSync('git', ['-C', dir, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...(input !== undefined && { input }),
  });
}

/** Reads the Go files below a directory of a revision. */
function filesOf(dir: string, revision: string, root: string): Map<string, string> {
  const names = git(dir, ['ls-tree', '-r', '--name-only', revision, '--', `${root}/`])
    .split('\n')
    .filter((name) => name.endsWith('.go') && !/_test\.go$|_windows\.go$|\.pb\.go$/.test(name));
  return new Map(names.map((name) => [name, git(dir, ['show', `${revision}:${name}`])]));
}

class Reader {
  private readonly packages = new Map<
    string,
    { readonly file: GoFile; readonly type: GoType; readonly marshals: boolean }
  >();
  readonly structs = new Map<string, Map<string, GoMember>>();

  constructor(files: ReadonlyMap<string, string>) {
    const parsed = [...files].map(([name, source]) => ({
      path: name.split('/').at(-2) as string,
      file: parseGo(source),
    }));
    const marshalers = new Set(
      parsed.flatMap(({ path, file }) => [...file.marshalers].map((type) => `${path}.${type}`)),
    );
    for (const { path, file } of parsed) {
      for (const [name, type] of file.types) {
        const id = `${path}.${name}`;
        this.packages.set(id, { file, type, marshals: marshalers.has(id) });
      }
    }
    for (const [id, { type }] of this.packages) if (type.form === 'struct') this.members(id);
  }

  /** Returns the full name of a type that a file of a package uses. */
  private nameOf(name: string, owner: string): string {
    if (!name.includes('.')) return known[name] ? name : `${owner.split('.')[0]}.${name}`;
    const [alias = '', type = ''] = name.split('.');
    const path = this.packages.get(owner)?.file.imports.get(alias);
    const full = `${path?.split('/').pop() ?? alias}.${type}`;
    return this.packages.has(full) ? full : name;
  }

  private kindOf(type: GoType, owner: string, depth = 0): { kind: JsonKind; struct?: string } {
    if (depth > 20) return { kind: '?' };
    switch (type.form) {
      case 'pointer':
        return this.kindOf(type.of, owner, depth + 1);
      case 'array':
      case 'list': {
        const isBytes = type.of.form === 'name' && (type.of.name === 'byte' || type.of.name === 'uint8');
        return isBytes ? { kind: 's' } : { ...this.kindOf(type.of, owner, depth + 1), kind: 'l' };
      }
      case 'map':
        return { ...this.kindOf(type.of, owner, depth + 1), kind: 'o' };
      case 'struct':
        return { kind: 'o' };
      case 'name': {
        const name = this.nameOf(type.name, owner);
        const found = this.packages.get(name);
        if (!found) return { kind: known[name] ?? known[type.name] ?? '?' };
        if (found.type.form === 'struct') return found.marshals ? { kind: '?' } : { kind: 'o', struct: name };
        return found.marshals ? { kind: '?' } : this.kindOf(found.type, name, depth + 1);
      }
      default:
        return { kind: '?' };
    }
  }

  /** Whether Go writes null for an empty value, and whether `omitempty` can omit it. */
  private emptiness(type: GoType, owner: string, depth = 0): { null: boolean; omittable: boolean } {
    if (type.form === 'name' && depth < 20) {
      const name = this.nameOf(type.name, owner);
      const found = this.packages.get(name);
      if (found) return this.emptiness(found.type, name, depth + 1);
      if (name === 'json.RawMessage' || name === 'net.IP') return { null: name !== 'net.IP', omittable: true };
      return {
        null: name === 'any' || name === 'error',
        omittable: !['time.Time', 'netip.Addr', 'netip.Prefix'].includes(name),
      };
    }
    const isValue = type.form === 'struct' || type.form === 'array';
    return { null: !isValue, omittable: !isValue };
  }

  private addField(field: GoField, owner: string, members: Map<string, GoMember>, id: string): void {
    if (!field.embedded && !/^[A-Z]/.test(field.name)) return;
    if (field.tag === '-') return;
    const [name = '', ...options] = (field.tag ?? '').split(',');
    if (field.embedded && name === '') {
      const inner = field.type.form === 'pointer' ? field.type.of : field.type;
      const struct = inner.form === 'name' ? this.nameOf(inner.name, owner) : '';
      const found = this.packages.get(struct);
      const target = found?.type.form === 'name' ? this.nameOf(found.type.name, struct) : struct;
      for (const [key, member] of this.members(target)) if (!members.has(key)) members.set(key, member);
      return;
    }
    const empty = this.emptiness(field.type, owner);
    const omitted = options.includes('omitzero') || (options.includes('omitempty') && empty.omittable);
    let { kind, struct } = this.kindOf(field.type, owner);
    let inner = field.type;
    while ('of' in inner) inner = inner.of;
    const key = name === '' ? field.name : name;
    if (inner.form === 'struct') {
      struct = `${id}.${key}`;
      this.readFields(struct, inner.fields, owner);
    }
    if (options.includes('string') && kind !== 'o' && kind !== 'l') kind = 's';
    members.set(key, { kind, always: !omitted, null: empty.null && !omitted, ...(struct !== undefined && { struct }) });
  }

  private readFields(id: string, fields: readonly GoField[], owner: string): Map<string, GoMember> {
    const members = new Map<string, GoMember>();
    this.structs.set(id, members);
    // Own fields hide those of embedded structs.
    for (const field of fields.filter(({ embedded }) => !embedded)) this.addField(field, owner, members, id);
    for (const field of fields.filter(({ embedded }) => embedded)) this.addField(field, owner, members, id);
    return members;
  }

  private members(id: string): Map<string, GoMember> {
    const done = this.structs.get(id);
    if (done) return done;
    const type = this.packages.get(id)?.type;
    return type?.form === 'struct' ? this.readFields(id, type.fields, id) : new Map();
  }
}

/**
 * Reads the structs of a revision.
 *
 * @param dir a clone of moby
 * @param revision a tag or commit
 * @returns the structs below the directory of API types
 */
export function readStructs(dir: string, revision: string): GoStructs {
  const root = directories.find((each) => git(dir, ['ls-tree', '--name-only', revision, '--', each]) !== '');
  if (root === undefined) throw new Error(`${revision} has no API types`);
  const files = filesOf(dir, revision, root);
  return new Reader(files).structs;
}

/**
 * Finds the newest release of each API version.
 *
 * @param dir a clone of moby with tags
 * @returns tags by API version, from 1.24 on, in ascending order; a version without a release is HEAD
 */
export function releases(dir: string): Map<string, string> {
  const tags = git(dir, [
    'tag',
    '--list',
    'v1.12.6',
    'v1.1[3-9]*',
    'v[12][0-9].*',
    'docker-v*',
    '--sort=version:refname',
  ])
    .split('\n')
    .filter((tag) => tag !== '' && !/rc|beta|alpha|tp/.test(tag));
  const found = new Map([['1.24', 'v1.12.6']]);
  const version = (revision: string): string | undefined => {
    try {
      return /^ {2}version: "(1\.\d+)"/m.exec(git(dir, ['show', `${revision}:api/swagger.yaml`]))?.[1];
    } catch {
      return undefined;
    }
  };
  for (const tag of tags.filter((each) => each !== 'v1.12.6')) {
    const api = version(tag);
    if (api !== undefined) found.set(api, tag);
  }
  const head = version('HEAD');
  if (head !== undefined && !found.has(head)) found.set(head, 'HEAD');
  return new Map([...found].sort(([a], [b]) => Number(a.split('.')[1]) - Number(b.split('.')[1])));
}
