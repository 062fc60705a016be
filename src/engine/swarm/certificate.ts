import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** The public part of a swarm's certificate authority. */
export interface SwarmRoot {
  /** PEM. */
  readonly certificate: string;
  /** DER of the issuer's name, base64. */
  readonly subject: string;
  /** DER of the issuer's public key, base64. */
  readonly publicKey: string;
}

const name = 'swarm-ca';
const minute = 60_000;
/** Clocks of other nodes may be so much behind. */
const grace = 5 * minute;
const lifetime = 7300 * 24 * 60 * minute;

/** One element of DER. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const identifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const octets = (content: Buffer): Buffer => der(0x04, content);

/** `YYMMDDHHMMSSZ`, which is for years before 2050. */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, 14);
  const late = Number(digits.slice(0, 4)) >= 2050;
  return der(late ? 0x18 : 0x17, Buffer.from(`${late ? digits : digits.slice(2)}Z`));
}

const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'));
const commonName = identifier('550403');
const keyUsage = identifier('551d0f');
const basicConstraints = identifier('551d13');
const subjectKeyIdentifier = identifier('551d0e');
const yes = der(0x01, Buffer.from([0xff]));

/**
 * Creates a self-signed authority: an X.509 certificate (RFC 5280) for a P-256 key. The private key is discarded,
 * because the simulated swarm certifies no nodes.
 *
 * @param now milliseconds since 1970
 */
export function newRoot(now: number): SwarmRoot {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subject = sequence(der(0x31, sequence(commonName, der(0x13, Buffer.from(name)))));
  const start = Math.round((now - grace) / minute) * minute;
  const serial = randomBytes(20);
  // Makes the number positive and without leading zeros.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const point = spki.subarray(-65);
  const extensions = sequence(
    sequence(keyUsage, yes, octets(der(0x03, Buffer.from([1, 0x06])))),
    sequence(basicConstraints, yes, octets(sequence(yes))),
    sequence(subjectKeyIdentifier, octets(octets(createHash('sha1').update(point).digest()))),
  );
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    subject,
    sequence(time(start), time(start + lifetime)),
    subject,
    spki,
    der(0xa3, extensions),
  );
  const signature = sign('sha256', content, privateKey);
  const certificate = sequence(content, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) as string[];
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    subject: subject.toString('base64'),
    publicKey: spki.toString('base64'),
  };
}
