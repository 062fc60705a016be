import type { X509Certificate } from 'node:crypto';
import type { PolicySigner } from './types.js';

/** Members of a signer by the last number of sigstore's object identifiers, 1.3.6.1.4.1.57264.1.N. */
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

/** The order in which Go's pkix.Name prints its parts, and what it does not know after them. */
const order = ['serialNumber', 'CN', 'postalCode', 'street', 'ST', 'L', 'OU', 'O', 'C'];
const names: Readonly<Record<string, string>> = {
  serialNumber: 'SERIALNUMBER',
  postalCode: 'POSTALCODE',
  street: 'STREET',
};

/**
 * A certificate's subject or issuer as Go prints it, `CN=…,O=…`.
 *
 * @param name as node:crypto has it: a line for each part
 */
export function distinguishedName(name: string): string {
  const parts = name.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  const place = ([type = '']: string[]): number => (order.indexOf(type) + order.length + 1) % (order.length + 1);
  return parts
    .sort((a, b) => place(a) - place(b))
    .map(([type = '', value = '']) => `${names[type] ?? type}=${value.replace(/[,+"\\<>;]/g, '\\$&')}`)
    .join(',');
}

/** What sigstore's certificate authority has put into a certificate beside the subject's name. */
export async function certificateExtensions(certificate: X509Certificate): Promise<Partial<PolicySigner>> {
  const { X509Certificate: Parsed } = await import('@sigstore/core');
  const parsed = Parsed.parse(Buffer.from(certificate.raw));
  const found = Object.entries(extensions).flatMap(([number, member]) => {
    const value = parsed.extension(`${arc}.${number}`)?.valueObj.subs[0]?.value.toString();
    return value === undefined || value === '' ? [] : [[member, value] as const];
  });
  // The older extension of the issuer holds its text without a type around it.
  const older = parsed.extension(`${arc}.1`)?.value.toString();
  return { ...(older !== undefined && { issuer: older }), ...Object.fromEntries(found) };
}
