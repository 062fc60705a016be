/** The server's route table: which file of src/server/operations handles which operation of the description. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationEntry } from '../src/spec/table.js';

/** `container-files` as `containerFiles`. */
const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Writes the route table. A file handles an operation if its `handlers` have a member of that name.
 *
 * @param folder with the files of handlers
 * @returns TypeScript. An operation that no file handles gets the file of its tag, which then does not compile
 */
export function routeTable(operations: readonly OperationEntry[], folder: string, notice: string): string {
  const files = readdirSync(folder).filter((name) => !['index.ts', 'routes.ts', 'undescribed.ts'].includes(name));
  const texts = new Map(files.map((name) => [name.replace(/\.ts$/, ''), readFileSync(join(folder, name), 'utf8')]));
  const fileOf = ({ operationId, tag }: OperationEntry): string => {
    const member = new RegExp(`^  (?:async )?${operationId}[(:]`, 'm');
    return [...texts].find(([, text]) => member.test(text))?.[0] ?? tag.toLowerCase();
  };
  const rows = operations.map((operation) => {
    const { operationId, method, path, since } = operation;
    const parts = [`method: '${method}'`, `path: '${path}'`, ...(since === undefined ? [] : [`since: '${since}'`])];
    return `  ${operationId}: { ${parts.join(', ')}, handler: ${camelCase(fileOf(operation))} },\n`;
  });
  const used = [...new Set(operations.map(fileOf))].sort();
  return [
    `/** ${notice} */\n`,
    "import { lazyImport } from '../../support/foundation/lazy-import.js';\n",
    "import type { RouteTable } from '../operation.js';\n\n",
    ...used.map((name) => `const ${camelCase(name)} = lazyImport(() => import('./${name}.js'));\n`),
    '\n/** Every operation of the description, in its order. A missing handler does not compile. */\n',
    'export const routes: RouteTable = {\n',
    ...rows,
    '};\n',
  ].join('');
}
