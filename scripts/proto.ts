/**
 * Makes src/generated/content.ts from api/proto/content.proto: an interface, an encoder and a decoder for each message,
 * and the table of the service's methods. What it makes needs only protobufjs's reader and writer, so that nothing is
 * parsed when a program starts.
 */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const scalars: Readonly<Record<string, { type: string; zero: string; read: string }>> = {
  string: { type: 'string', zero: "''", read: 'text(reader)' },
  int64: { type: 'number', zero: '0', read: 'toNumber(reader.int64())' },
  int32: { type: 'number', zero: '0', read: 'reader.int32()' },
  bytes: { type: 'Uint8Array', zero: 'noBytes', read: 'reader.bytes()' },
};

/** Wire type of a field: 0 varint, 2 length-delimited. */
const wireType = (field: protobuf.Field): number =>
  field.resolvedType instanceof protobuf.Enum || field.type.startsWith('int') ? 0 : 2;

const scalarOf = (field: protobuf.Field): string | undefined =>
  field.resolvedType instanceof protobuf.Enum ? 'int32' : field.resolvedType ? undefined : field.type;

function scalar(field: protobuf.Field): { type: string; zero: string; read: string } {
  const found = scalars[scalarOf(field) ?? ''];
  if (!found) throw new Error(`${field.fullName}: fields of type ${field.type} are not generated`);
  return found;
}

const comment = (text: string | null, indent: string): string =>
  text ? `${indent}/** ${text.replaceAll('\n', ' ')} */\n` : '';

function declaration(field: protobuf.Field): string {
  const doc = comment(field.comment, '  ');
  const name = field.name;
  if (field instanceof protobuf.MapField) return `${doc}  ${name}: Record<string, string>;\n`;
  const type = field.resolvedType instanceof protobuf.Type ? field.resolvedType.name : scalar(field).type;
  if (field.repeated) return `${doc}  ${name}: ${type}[];\n`;
  return `${doc}  ${name}${field.resolvedType instanceof protobuf.Type ? '?' : ''}: ${type};\n`;
}

function initial(field: protobuf.Field): string | undefined {
  if (field instanceof protobuf.MapField) return `${field.name}: {}`;
  if (field.repeated) return `${field.name}: []`;
  return field.resolvedType instanceof protobuf.Type ? undefined : `${field.name}: ${scalar(field).zero}`;
}

function encodeField(field: protobuf.Field): string {
  const tag = (field.id << 3) | wireType(field);
  const value = `message.${field.name}`;
  if (field instanceof protobuf.MapField)
    return `  for (const [key, value] of Object.entries(${value} ?? {}))
    writer.uint32(${tag}).fork().uint32(10).string(key).uint32(18).string(value).ldelim();\n`;
  const put = (one: string): string =>
    field.resolvedType instanceof protobuf.Type
      ? `write${field.resolvedType.name}(${one}, writer.uint32(${tag}).fork()).ldelim();`
      : `writer.uint32(${tag}).${scalarOf(field)}(${one});`;
  if (field.repeated) return `  for (const item of ${value} ?? []) ${put('item')}\n`;
  if (field.resolvedType instanceof protobuf.Type) return `  if (${value}) ${put(value)}\n`;
  const present = field.type === 'bytes' ? `${value}?.length` : value;
  return `  if (${present}) ${put(value)}\n`;
}

function decodeField(field: protobuf.Field): string {
  const tag = (field.id << 3) | wireType(field);
  const value = `message.${field.name}`;
  if (field instanceof protobuf.MapField)
    return `      case ${tag}: {\n        const [key, value] = readEntry(reader);\n        ${value}[key] = value;\n        break;\n      }\n`;
  const read =
    field.resolvedType instanceof protobuf.Type
      ? `read${field.resolvedType.name}(reader, reader.uint32())`
      : scalar(field).read;
  const take = field.repeated ? `${value}.push(${read});` : `${value} = ${read};`;
  return `      case ${tag}:\n        ${take}\n        break;\n`;
}

function message(type: protobuf.Type): string {
  const { name } = type;
  const fields = type.fieldsArray.map((field) => field.resolve()).sort((a, b) => a.id - b.id);
  const start = fields.map(initial).filter((text) => text !== undefined);
  return `
${comment(type.comment, '')}export interface ${name} {
${fields.map(declaration).join('')}}

function write${name}(${fields.length ? 'message' : '_message'}: Partial<${name}>, writer: Writer): Writer {
${fields.map(encodeField).join('')}  return writer;
}

function read${name}(reader: Reader, length: number): ${name} {
  const end = limit(reader, length);
  const message: ${name} = {${start.length ? ` ${start.join(', ')} ` : ''}};
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
${fields.map(decodeField).join('')}      default:
        skip(reader, tag);
    }
  }
  return finish(reader, end, message);
}

export const ${name}: Codec<${name}> = codec(write${name}, read${name});
`;
}

const short = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function service(definition: protobuf.Service): string {
  const rows = definition.methodsArray.map(
    (method) => `    ${method.name}: {
      path: '/${definition.fullName.slice(1)}/${method.name}',
      request: ${short(method.requestType)},
      response: ${short(method.responseType)},
      requestStream: ${method.requestStream === true},
      responseStream: ${method.responseStream === true},
    },\n`,
  );
  return `
${comment(definition.comment, '')}export const ${definition.name} = {
  name: '${definition.fullName.slice(1)}',
  methods: {
${rows.join('')}  },
} as const;
`;
}

const prelude = `import protobuf from 'protobufjs/minimal.js';

type Reader = protobuf.Reader;
type Writer = protobuf.Writer;

/** Turns messages into bytes and back. */
export interface Codec<T> {
  /** Fields that are left out have their zero value. */
  encode(message: Partial<T>): Buffer;
  /** Throws an Error when the bytes are no such message. */
  decode(bytes: Uint8Array): T;
}

/** Message of the error for a string that is not UTF-8. */
export const notUtf8 = 'string field contains invalid UTF-8';

const noBytes = new Uint8Array(0);

function codec<T>(
  write: (message: Partial<T>, writer: Writer) => Writer,
  read: (reader: Reader, length: number) => T,
): Codec<T> {
  return {
    encode: (message) => write(message, protobuf.Writer.create()).finish() as Buffer,
    decode: (bytes) => read(protobuf.Reader.create(bytes), bytes.length),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string, which proto3 wants to be UTF-8. */
function text(reader: Reader): string {
  try {
    return utf8.decode(reader.bytes());
  } catch (error) {
    throw error instanceof RangeError ? error : new Error(notUtf8, { cause: error });
  }
}

/** 64-bit values come as objects; beyond 2^53 the nearest number stands for them. */
function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number(String(value));
}

/** The end of a message, which lies within what is there. */
function limit(reader: Reader, length: number): number {
  const end = reader.pos + length;
  if (end > reader.len) throw new Error('the message ends early');
  return end;
}

function finish<T>(reader: Reader, end: number, message: T): T {
  if (reader.pos !== end) throw new Error('a field reaches beyond its message');
  return message;
}

function skip(reader: Reader, tag: number): void {
  if (tag >>> 3 === 0) throw new Error('field number 0');
  reader.skipType(tag & 7);
}

function readEntry(reader: Reader): [string, string] {
  const end = limit(reader, reader.uint32());
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) key = text(reader);
    else if (tag === 18) value = text(reader);
    else skip(reader, tag);
  }
  return finish(reader, end, [key, value]);
}
`;

/** Every message that the service's file names, those it imports first. */
function messagesOf(root: protobuf.Root): protobuf.Type[] {
  const found: protobuf.Type[] = [];
  const visit = (node: protobuf.NamespaceBase): void => {
    for (const child of node.nestedArray) {
      if (child instanceof protobuf.Type) found.push(child);
      else if (child instanceof protobuf.Namespace) visit(child);
    }
  };
  visit(root);
  const used = new Set<string>();
  for (const type of found)
    for (const field of type.fieldsArray)
      if (field.resolve().resolvedType) used.add(field.resolvedType?.fullName ?? '');
  const own = (type: protobuf.Type): boolean => !type.fullName.startsWith('.google.');
  const imported = found.filter((type) => !own(type) && (used.has(type.fullName) || type.name === 'Empty'));
  return [...imported, ...found.filter(own)];
}

/**
 * The TypeScript module of a .proto file that holds one service.
 *
 * @param path the .proto file
 * @param serviceName full name of the service
 * @param notice first line of the module
 */
export function generateStubs(path: string, serviceName: string, notice: string): string {
  const root = new protobuf.Root();
  const parsed = protobuf.parse(readFileSync(path, 'utf8'), root, { alternateCommentMode: true });
  for (const imported of parsed.imports ?? []) {
    const common = protobuf.common.get(imported);
    if (!common?.nested) throw new Error(`${path} imports ${imported}, which protobufjs does not bring`);
    root.addJSON(common.nested);
  }
  root.resolveAll();
  const definition = root.lookupService(serviceName);
  return [`/** ${notice} */\n${prelude}`, ...messagesOf(root).map(message), service(definition)].join('');
}
