import type { X509Certificate } from 'node:crypto';
import type { PolicySigner } from './types.js';

/** Signer members, by the last arc of sigstore's object identifiers, 1.3.6.1.4.1.57264.1.N. */
const extensions = {
  8: 'issuer',
  9: 'buildSignerURI',
  10: 'buildSignerDigest',
  11: 'runnerEnvironment',
  12: 'sourceRepositoryURI',
  13: 'sourceRepositoryDigest',
  14: 'sourceRepositoryRef',
  15: 'sourceRepositoryIdentifier',
  16: 'sourceRepositoryOwnerURI',
  17: 'sourceRepositoryOwnerIdentifier',
  18: 'buildConfigURI',
  19: 'buildConfigDigest',
  20: 'buildTrigger',
  21: 'runInvocationURI',
  22: 'sourceRepositoryVisibilityAtSigning',
} as const satisfies Record<number, keyof PolicySigner>;

const arc = '1.3.6.1.4.1.57264.1';

/** Order of name parts in Go's pkix.Name. Unknown parts come last. */
const order = ['serialNumber', 'CN', 'postalCode', 'street', 'ST', 'L', 'OU', 'O', 'C'];
const names: Readonly<Record<string, string>> = {
  serialNumber: 'SERIALNUMBER',
  postalCode: 'POSTALCODE',
  street: 'STREET',
};

/**
 * Formats a certificate's subject or issuer as Go does: `CN=…,O=…`.
 *
 * @param name the name from node:crypto: one line per part
 */
export function distinguishedName(name: string): string {
  const parts = name.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  const place = ([type = '']: string[]): number => (order.indexOf(type) + order.length + 1) % (order.length + 1);
  return parts
    .sort((a, b) => place(a) - place(b))
    .map(([type = '', value = '']) => `${names[type] ?? type}=${value.replace(/[,+"\\<>;]/g, '\\$&')}`)
    .join(',');
}

/** Reads the extensions that sigstore's certificate authority adds to a certificate. */
export async function certificateExtensions(certificate: X509Certificate): Promise<Partial<PolicySigner>> {
  const { X509Certificate: Parsed } = await import('@sigstore/core');
  const parsed = Parsed.parse(Buffer.from(certificate.raw));
  const found = Object.entries(extensions).flatMap(([number, member]) => {
    const value = parsed.extension(`${arc}.${number}`)?.valueObj.subs[0]?.value.toString();
    return value === undefined || value === '' ? [] : [[member, value] as const];
  });
  // The deprecated issuer extension holds raw text without an ASN.1 type.
  const older = parsed.extension(`${arc}.1`)?.value.toString();
  return { ...(older !== undefined && { issuer: older }), ...Object.fromEntries(found) };
}
