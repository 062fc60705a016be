import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock';

/** Fulcio's extension for who identified the signer. */
const issuerExtension = '1.3.6.1.4.1.57264.1.8';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const inToto = 'application/vnd.in-toto+json';

type CA = Awaited<ReturnType<typeof initializeCA>>;
type TLog = Awaited<ReturnType<typeof initializeTLog>>;

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const pair = (namedCurve = 'P-256'): Pair => generateKeyPairSync('ec', { namedCurve });
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** How a bundle is to be made. */
export interface BundlePlan {
  /** Digests of what the statement is about. */
  readonly subjects: readonly string[];
  readonly predicateType?: string;
  readonly predicate?: object;
  readonly subject: string;
  readonly issuer: string;
  /** Whether the certificate's issue is logged. */
  readonly unlogged?: boolean;
}

/** A bundle that can still be spoiled. */
export interface TestBundle {
  mediaType: string;
  verificationMaterial: {
    certificate: { rawBytes: string };
    tlogEntries: {
      logId: { keyId: string };
      integratedTime: string;
      inclusionPromise?: { signedEntryTimestamp: string };
      inclusionProof?: object;
      canonicalizedBody: string;
    }[];
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

/** A certificate authority, its certificate log and a transparency log, all in this process. */
export class TestSigstore {
  private constructor(
    private readonly ca: CA,
    private readonly silentCa: CA,
    private readonly log: TLog,
    /** As sigstore publishes it. */
    readonly trustedRoot: { tlogs: object[]; ctlogs: object[]; certificateAuthorities: object[] },
  ) {}

  /** @param logClock what the transparency log takes for now */
  static async start(logClock?: Date): Promise<TestSigstore> {
    const [caKeys, ctKeys, logKeys] = [pair('P-384'), pair(), pair()];
    const ctLog = await initializeCTLog(ctKeys);
    const ca = await initializeCA(caKeys, ctLog);
    // The same key gives another root certificate of the same authority, so either is named.
    const silentCa = await initializeCA(caKeys);
    const log = await initializeTLog('https://log.test', logKeys, logClock);
    const start = new Date(0).toISOString();
    const authority = (certificate: ArrayBufferView) => ({
      subject: { organization: 'test', commonName: 'test' },
      uri: 'https://ca.test',
      certChain: { certificates: [{ rawBytes: base64(certificate) }] },
      validFor: { start },
    });
    const logOf = (key: Buffer) => ({
      baseUrl: 'https://log.test',
      hashAlgorithm: 'SHA2_256',
      publicKey: { rawBytes: base64(key), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start } },
      logId: { keyId: base64(sha256(Buffer.from(key))) },
    });
    return new TestSigstore(ca, silentCa, log, {
      ...{ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1', timestampAuthorities: [] },
      tlogs: [logOf(log.publicKey)],
      ctlogs: [logOf(ctLog.publicKey)],
      certificateAuthorities: [authority(ca.rootCertificate), authority(silentCa.rootCertificate)],
    });
  }

  /** A bundle as cosign, GitHub and BuildKit attach it: a statement, signed by a certificate that lives for ten minutes. */
  async bundle(plan: BundlePlan): Promise<TestBundle> {
    const { subjects, predicateType = 'https://sigstore.dev/cosign/sign/v1', predicate = {}, subject, issuer } = plan;
    const keys = pair();
    const certificate = await (plan.unlogged ? this.silentCa : this.ca).issueCertificate({
      publicKey: keys.publicKey.export({ format: 'der', type: 'spki' }),
      subjectAltName: subject,
      extensions: [{ oid: issuerExtension, value: issuer }],
    });
    const digests = subjects.map((digest) => ({ name: 'x', digest: { sha256: digest.replace('sha256:', '') } }));
    const payload = Buffer.from(
      JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: digests, predicateType, predicate }),
    );
    const message = Buffer.concat([Buffer.from(`DSSEv1 ${inToto.length} ${inToto} ${payload.length} `), payload]);
    const signature = sign('sha256', message, keys.privateKey);
    const pem = new X509Certificate(Buffer.from(base64(certificate), 'base64')).toString();
    const logged = await this.log.log({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value: '0'.repeat(64) },
        payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
        signatures: [{ signature: base64(signature), verifier: base64(Buffer.from(pem)) }],
      },
    });
    const entry = Object.values(logged)[0] as NonNullable<(typeof logged)[string]>;
    const { inclusionProof, signedEntryTimestamp } = entry.verification;
    return {
      mediaType: bundleType,
      verificationMaterial: {
        certificate: { rawBytes: base64(certificate) },
        tlogEntries: [
          {
            ...{ logIndex: String(entry.logIndex), kindVersion: { kind: 'dsse', version: '0.0.1' } },
            logId: { keyId: base64(Buffer.from(entry.logID, 'hex')) },
            integratedTime: String(entry.integratedTime),
            inclusionPromise: { signedEntryTimestamp },
            inclusionProof: {
              ...{ logIndex: '0', treeSize: '1', hashes: [] },
              rootHash: base64(Buffer.from(inclusionProof.rootHash, 'hex')),
              checkpoint: { envelope: inclusionProof.checkpoint },
            },
            canonicalizedBody: entry.body,
          },
        ],
      },
      dsseEnvelope: {
        payload: base64(payload),
        payloadType: inToto,
        signatures: [{ sig: base64(signature) }],
      },
    };
  }
}
