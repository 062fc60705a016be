import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { buildDescription, type Schema } from '../../src/spec/index.js';

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
      const entries = ['index.ts', 'types.ts', 'spec/index.ts'].map((name) => join(root, 'src', name));
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

  it('are required, optional and nullable as the description says, in every definition', () => {
    const file = join(root, 'src/generated/engine-api.ts');
    const program = ts.createProgram([file], { ...options, noEmit: true });
    const checker = program.getTypeChecker();
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
    const member = (type: ts.Type, name: string): ts.Type =>
      checker.getTypeOfSymbol(type.getProperty(name) ?? expect.fail(`no ${name}`));
    const components = checker.getDeclaredTypeOfSymbol(
      checker.getExportsOfModule(module).find(({ name }) => name === 'components') as ts.Symbol,
    );
    const schemas = member(components, 'schemas');
    const { definitions } = buildDescription();
    const nullable = (schema: Schema): boolean => {
      const target = schema.$ref ? definitions[schema.$ref.replace('#/definitions/', '')] : undefined;
      return schema['x-nullable'] === true || (target ? nullable(target) : false);
    };
    const isNullable = (type: ts.Type): boolean =>
      (type.flags & ts.TypeFlags.Null) !== 0 || (type.isUnion() && type.types.some(isNullable));
    let count = 0;
    const compare = (schema: Schema, type: ts.Type, at: string): void => {
      const object = checker.getNonNullableType(type);
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        const place = `${at}.${name}`;
        const symbol = object.getProperty(name) ?? expect.fail(`${place} is missing`);
        const known = checker.getTypeOfSymbol(symbol);
        expect((symbol.flags & ts.SymbolFlags.Optional) === 0, `${place} is required`).to.equal(
          schema.required?.includes(name) ?? false,
        );
        if (!(known.flags & ts.TypeFlags.Unknown)) {
          expect(isNullable(known), `${place} is nullable`).to.equal(nullable(property));
        }
        compare(property, known, place);
        count++;
      }
    };
    for (const [name, schema] of Object.entries(definitions)) compare(schema, member(schemas, name), name);
    expect(count).to.be.greaterThan(800);
  });
});
