import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  types: [],
};

function problems(program: ts.Program): string[] {
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? -1;
    return `${diagnostic.file?.fileName}:${line + 1}: ${text}`;
  });
}

describe('the types', function () {
  this.timeout(120_000);

  it('compile in a program that imports the package, which sees only its declarations', () => {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-consumer-'));
    try {
      const installed = join(folder, 'node_modules/attestd');
      mkdirSync(installed, { recursive: true });
      cpSync(join(root, 'package.json'), join(installed, 'package.json'));
      const entries = ['index.ts', 'support/foundation/types.ts', 'spec/index.ts'].map((name) =>
        join(root, 'src', name),
      );
      const build = ts.createProgram(entries, {
        ...options,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        lib: ['lib.es2023.d.ts'],
        exactOptionalPropertyTypes: false,
        noUncheckedIndexedAccess: true,
        skipLibCheck: true,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: join(root, 'src'),
        outDir: join(installed, 'dist'),
      });
      expect(problems(build)).to.deep.equal([]);
      build.emit();
      for (const name of ['example.ts', 'types.ts']) {
        cpSync(join(root, 'test/spec/consumer', name), join(folder, `${name.slice(0, -3)}.mts`));
      }
      const consumer = ts.createProgram(
        ['example', 'types'].map((name) => join(folder, `${name}.mts`)),
        { ...options, noEmit: true },
      );
      expect(problems(consumer)).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
