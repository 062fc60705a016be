import { readFileSync } from 'node:fs';

/**
 * The bytes of a file of the package.
 *
 * @param name its path inside the package, such as `api/swagger.yaml`
 */
export function packageFile(name: string): Buffer {
  return readFileSync(new URL(`../../../${name}`, import.meta.url));
}

/** The version of the package. */
export function packageVersion(): string {
  return (JSON.parse(packageFile('package.json').toString('utf8')) as { version: string }).version;
}
