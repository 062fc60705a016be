import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Directory of the requirements, below the root of the repository. */
const directory = 'src/conformance/requirements';

/** The generated list of requirements, below the root of the repository. */
export const requirementListFile = `${directory}/index.ts`;

/** Names of the requirement lists that a source exports. */
export const exportedLists = (source: string): readonly string[] =>
  [...source.matchAll(/^export const (\w+): readonly Requirement\[\] =/gm)].map(([, name = '']) => name);

/**
 * Writes the module that imports every list of requirements, so that a new requirement is one new file.
 *
 * @param root root of the repository
 * @param notice first line of the module
 */
export function requirementList(root: string, notice: string): string {
  const files = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^\w+\/[\w-]+\.ts$/.test(file))
    .sort();
  const lists = files.flatMap((file) =>
    exportedLists(readFileSync(join(root, directory, file), 'utf8')).map((name) => ({ file, name })),
  );
  const aliases = lists.map(({ file, name }) => {
    const [area = ''] = file.split('/');
    return `${area[0]?.toLowerCase()}${area.slice(1)}${name[0]?.toUpperCase()}${name.slice(1)}`;
  });
  const imports = files.flatMap((file) => {
    const names = lists.flatMap((list, i) => (list.file === file ? [`${list.name} as ${aliases[i]}`] : []));
    return names.length === 0 ? [] : [`import { ${names.join(', ')} } from './${file.replace(/ts$/, 'js')}';\n`];
  });
  return [
    `/** ${notice} */\n`,
    `import type { Requirement } from '../requirement.js';\n`,
    ...imports,
    '\n/** Every list of requirements, by file. */\n',
    'export const requirementLists: readonly (readonly Requirement[])[] = [\n',
    ...aliases.map((alias) => `  ${alias},\n`),
    '];\n',
  ].join('');
}
