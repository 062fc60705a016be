import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../../src/oci/tar-write.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** A package registry on loopback that has what is installed here, so that npm resolves and installs without a network. */
export interface LocalRegistry {
  readonly url: string;
  /** Names of packages that were asked for and are not there. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

/** Every installed package, its folders by version. */
function installed(modules: string): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  const visit = (folder: string): void => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    found.set(name, (found.get(name) ?? new Map<string, string>()).set(version, folder));
    each(join(folder, 'node_modules'));
  };
  const each = (folder: string): void => {
    for (const entry of names(folder))
      if (entry.startsWith('@')) for (const name of names(join(folder, entry))) visit(join(folder, entry, name));
      else visit(join(folder, entry));
  };
  each(modules);
  return found;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** The archive that a registry has of an installed package: its files, without the packages in it. */
function pack(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).startsWith('node_modules'));
  const records = files.map((path) => {
    const bytes = readFileSync(path);
    return { name: `package/${relative(folder, path)}`, mode: 0o755, size: bytes.length, bytes };
  });
  return gzipSync(tarOf(records), { level: 1 });
}

/**
 * Start a registry.
 *
 * @param modules the node_modules folder whose packages it has
 */
export async function startRegistry(modules: string): Promise<LocalRegistry> {
  const packages = installed(modules);
  const missing: string[] = [];
  const server = createServer((request, response) => {
    const [name = '', version] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/-/');
    const versions = packages.get(name);
    const folder = version === undefined ? undefined : versions?.get(version);
    if (folder !== undefined) response.end(pack(folder));
    else if (versions === undefined) {
      missing.push(name);
      response.writeHead(404).end('{}');
    } else response.end(JSON.stringify(describe(name, versions)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const describe = (name: string, versions: ReadonlyMap<string, string>): object => ({
    name,
    'dist-tags': { latest: [...versions.keys()].at(-1) },
    versions: Object.fromEntries(
      [...versions].map(([version, folder]) => {
        const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
        return [version, { ...manifest, dist: { tarball: `${url}${name}/-/${version}` } }];
      }),
    ),
  });
  return {
    url,
    missing,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
