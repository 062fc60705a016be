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

describe('the types', function () {
  this.timeout(120_000);

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
