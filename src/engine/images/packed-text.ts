/**
 * Texts that occur in almost every list element. Each is packed into one control character from 2 on, which JSON text
 * never contains.
 */
const parts = [
  '{"Containers":-1,"Created":',
  '{"Containers":0,"Created":',
  ',"Id":"',
  '","Labels":{"',
  '","Labels":null,"ParentId":"","Descriptor":{"mediaType":"application/vnd.oci.image.',
  '"},"ParentId":"","Descriptor":{"mediaType":"application/vnd.oci.image.',
  'index.v1+json","digest":"',
  'manifest.v1+json","digest":"',
  '","size":',
  '"annotations":{"io.containerd.image.name":"docker.io/',
  ',"org.opencontainers.image.ref.name":"latest"}},',
  '"Manifests":[{',
  '"RepoDigests":["',
  '"],"RepoTags":["',
  '"],"SharedSize":-1,"Size":',
  'org.opencontainers.image.',
  '"Available":true,"Size":{"Content":',
  '"Kind":"image","ImageData":{"Platform":{"architecture":"',
  '"Kind":"attestation","AttestationData":{"For":"',
  '"vnd.docker.reference.',
  'sha256:',
] as const;

const codes = new Map<string, string>(parts.map((part, at) => [part, String.fromCharCode(at + 2)]));
const pattern = new RegExp(parts.map((part) => part.replace(/[{}[\].+]/g, '\\$&')).join('|'), 'g');

/**
 * Packs compact JSON text.
 *
 * @param word a frequent word, packed into one character
 */
export function pack(text: string, word: string): string {
  const short = text.replaceAll(word, '\u0001').replace(pattern, (part) => codes.get(part) ?? part);
  // Copying flattens the string. V8 would otherwise keep each concatenated part as an object.
  return Buffer.from(short).toString();
}

/** The text that was packed with a word. */
export function unpack(packed: string, word: string): string {
  let text = '';
  let from = 0;
  for (let at = 0; at < packed.length; at++) {
    const code = packed.charCodeAt(at);
    if (code >= 32) continue;
    text += packed.slice(from, at) + (code === 1 ? word : parts[code - 2]);
    from = at + 1;
  }
  return text + packed.slice(from);
}
