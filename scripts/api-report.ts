/** A report of the public TypeScript surface: what each entry of the package exports, with every member's type. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const flags =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.WriteArrayAsGenericType |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
  ts.TypeFormatFlags.OmitParameterModifiers;

const printer = ts.createPrinter({ removeComments: true });

interface ExportTarget {
  readonly types?: string;
}

/** The source files behind the entries of package.json's `exports`, by entry. */
function entries(root: string): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, ExportTarget | string>;
  };
  const found = new Map<string, string>();
  for (const [entry, target] of Object.entries(exports)) {
    const types = typeof target === 'string' ? undefined : target.types;
    const source = types?.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts');
    if (source !== undefined && ts.sys.fileExists(join(root, source))) found.set(entry, join(root, source));
  }
  return found;
}

class Reporter {
  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly root: string,
  ) {}

  /** A type as its author wrote it, else as the compiler sees it. */
  private text(type: ts.Type, at: ts.Node, written?: ts.TypeNode): string {
    if (written) {
      return printer.printNode(ts.EmitHint.Unspecified, written, written.getSourceFile()).replace(/\s+/g, ' ');
    }
    // Paths of imports depend on where the report is made.
    return this.checker.typeToString(type, at, flags).replace(/import\("([^"]+)"\)\./g, '');
  }

  private members(type: ts.Type, at: ts.Node): string[] {
    const indexes = this.checker
      .getIndexInfosOfType(type)
      .map((info) => `  [key: ${this.text(info.keyType, at)}]: ${this.text(info.type, at)};`);
    const properties = type.getProperties().flatMap((property) => {
      const declared = property.valueDeclaration ?? property.declarations?.[0];
      if (!declared || declared.getSourceFile().fileName.includes('/node_modules/')) return [];
      const modifiers = ts.getCombinedModifierFlags(declared as ts.Declaration);
      if (modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return [];
      const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
      const fixed = modifiers & ts.ModifierFlags.Readonly ? 'readonly ' : '';
      const written =
        ts.isPropertySignature(declared) || ts.isPropertyDeclaration(declared) ? declared.type : undefined;
      const text = this.text(this.checker.getTypeOfSymbol(property), at, written);
      return [`  ${fixed}${JSON.stringify(property.name).slice(1, -1)}${optional}: ${text};`];
    });
    return [...properties, ...indexes];
  }

  /** Returns the lines of one exported symbol. */
  describe(name: string, exported: ts.Symbol): string[] {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(exported) : exported;
    const declaration = symbol.declarations?.[0];
    if (!declaration) return [`${name}: not found`];
    if (relative(this.root, declaration.getSourceFile().fileName).startsWith('src/generated/engine-api')) {
      return [`interface ${name} (generated from api/swagger.yaml)`];
    }
    if (symbol.flags & ts.SymbolFlags.Class) {
      const instance = this.checker.getDeclaredTypeOfSymbol(symbol);
      const make = this.checker.getTypeOfSymbol(symbol).getConstructSignatures();
      const signatures = make.map((s) => `  new ${this.checker.signatureToString(s, declaration, flags)};`);
      return [`class ${name} {`, ...signatures, ...this.members(instance, declaration), '}'];
    }
    if (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) {
      const type = this.checker.getDeclaredTypeOfSymbol(symbol);
      const word = symbol.flags & ts.SymbolFlags.Interface ? 'interface' : 'type';
      const object = (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;
      if (object && !this.checker.isArrayType(type))
        return [`${word} ${name} {`, ...this.members(type, declaration), '}'];
      return [
        `${word} ${name} = ${this.checker.typeToString(type, declaration, flags | ts.TypeFormatFlags.InTypeAlias)};`,
      ];
    }
    const type = this.checker.getTypeOfSymbol(symbol);
    const calls = type.getCallSignatures();
    if (calls.length > 0) {
      return calls.map((s) => `function ${name}${this.checker.signatureToString(s, declaration, flags)};`);
    }
    return [`const ${name}: ${this.text(type, declaration)};`];
  }
}

/**
 * Makes the report.
 *
 * @param root the project's folder
 * @returns Markdown
 */
export function apiReport(root: string): string {
  const sources = entries(root);
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
      },
    },
  );
  const program = ts.createProgram([...sources.values()], { ...config?.options, noEmit: true });
  const checker = program.getTypeChecker();
  const reporter = new Reporter(checker, root);
  const parts = [...sources].map(([entry, path]) => {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    const exported = module ? checker.getExportsOfModule(module) : [];
    const blocks = exported
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((symbol) => reporter.describe(symbol.name, symbol).join('\n'));
    return `## attestd${entry.slice(1)}\n\n\`\`\`ts\n${blocks.join('\n\n')}\n\`\`\`\n`;
  });
  return [
    '# The public TypeScript surface\n\nGenerated by `make gen`; a change here is a change for importers.\n',
    ...parts,
  ].join('\n');
}
