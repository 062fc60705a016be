import { tarOf } from '../oci/tar-write.js';
import { AttestdError } from '../support/foundation/errors.js';

/** A file of a layer: its content, with a mode where it is to be another than 0644; null hides it from the layers below. */
export type LayerFile = string | Uint8Array | { readonly content: string | Uint8Array; readonly mode: number } | null;

/** Files by absolute path; a path that ends with a slash is a folder. */
export type LayerFiles = Readonly<Record<string, LayerFile>>;

/** Names in a layer that hide what layers below have (image-spec, layer.md, "Whiteouts"). */
const whiteout = '.wh.';

/**
 * The tar archive of a layer, the same for the same files in whatever order.
 *
 * @throws AttestdError INVALID_ARGUMENT for a path that is not absolute or leads upwards
 */
export function layerTar(files: LayerFiles): Buffer {
  const records = new Map<string, { name: string; mode: number; size: number; bytes: Buffer }>();
  const put = (name: string, mode: number, bytes: Buffer): void => {
    records.set(name, { name, mode, size: bytes.length, bytes });
  };
  for (const [path, file] of Object.entries(files)) {
    const parts = path.split('/').slice(1);
    const isFolder = parts.at(-1) === '';
    if (isFolder) parts.pop();
    if (!path.startsWith('/') || parts.length === 0 || parts.some((part) => ['', '.', '..'].includes(part)))
      throw new AttestdError('INVALID_ARGUMENT', `'${path}' is no clean absolute path`);
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = `${parts.slice(0, depth).join('/')}/`;
      if (!records.has(folder)) put(folder, 0o755, Buffer.alloc(0));
    }
    const name = parts.join('/');
    if (file === null)
      put(
        name.replace(/[^/]*$/, (last) => whiteout + last),
        0o644,
        Buffer.alloc(0),
      );
    else if (typeof file === 'string' || file instanceof Uint8Array) {
      if (isFolder) put(`${name}/`, 0o755, Buffer.alloc(0));
      else put(name, 0o644, Buffer.from(file as string));
    } else if (isFolder) put(`${name}/`, file.mode, Buffer.alloc(0));
    else put(name, file.mode, Buffer.from(file.content as string));
  }
  return tarOf([...records.values()]);
}
