import { type Mutant, Reply } from './mutant.js';

/** An unknown field of a protobuf message: number 1000, a varint of 1. */
const unknownField = Buffer.from([0xc0, 0x3e, 0x01]);

const withHeaders = (reply: Reply, headers: Reply['headers']): Reply => new Reply(reply.status, headers, reply.body);

/** Changes of how answers are carried, not of what they say. */
export const transport: readonly Mutant[] = [
  {
    id: 'header-case',
    title: 'names of headers are in capitals',
    after: (_, reply) =>
      withHeaders(
        reply,
        reply.headers.map(([name, value]) => [name.toUpperCase(), value]),
      ),
  },
  {
    id: 'header-more',
    title: 'there are further headers, and the server has another name',
    after: (_, reply) => reply.withHeader('X-Future', 'yes').withHeader('Server', 'another/1.0'),
  },
  {
    id: 'header-fewer',
    title: 'the server does not name itself, and tells no date',
    after: (_, reply) => reply.withHeader('Server', undefined).withHeader('Date', undefined),
  },
  {
    id: 'header-order',
    title: 'headers come in the reverse order',
    after: (_, reply) => withHeaders(reply, [...reply.headers].reverse()),
  },
  {
    id: 'charset',
    title: 'JSON is said to be in UTF-8',
    after(_, reply) {
      const type = reply.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
      return type === 'application/json' ? reply.withHeader('Content-Type', `${type}; charset=utf-8`) : undefined;
    },
  },
  { id: 'small-chunks', title: 'bodies come in chunks of seven bytes', pieces: 7 },
  {
    id: 'trailers',
    title: 'bodies in chunks end with a trailer',
    pieces: 4096,
    dress: (outgoing) => outgoing.addTrailers({ 'X-Future': 'yes' }),
  },
  {
    id: 'reason-phrase',
    title: 'statuses have another reason phrase',
    dress(outgoing) {
      outgoing.statusMessage = 'As You Like';
    },
  },
  {
    id: 'connection-close',
    title: 'each answer closes its connection',
    dress(outgoing) {
      outgoing.shouldKeepAlive = false;
    },
  },
  { id: 'interim', title: 'an answer 102 comes before each answer', dress: (outgoing) => outgoing.writeProcessing() },
  { id: 'late', title: 'answers come five milliseconds later', late: 5 },
  {
    id: 'upgrade-head',
    title: 'an upgrade has another reason phrase, and further headers',
    head: (_, head) => head.replace(/^(HTTP\/1\.1 \d+)[^\r]*/, '$1 As You Like\r\nX-Future: yes'),
  },
  {
    id: 'grpc-fields',
    title: 'messages of gRPC have fields that their definition does not know',
    call: (call) => ({ ...call, messages: call.messages.map((message) => Buffer.concat([message, unknownField])) }),
  },
  {
    id: 'grpc-texts',
    title: 'errors of gRPC are told in other words',
    call: (call) => (call.status === 0 ? call : { ...call, details: 'it cannot be done' }),
  },
];
