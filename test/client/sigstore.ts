import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';

/** Fulcio's extension for who identified the signer. */
const issuerExtension = '1.3.6.1.4.1.57264.1.8';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const inToto = 'application/vnd.in-toto+json';

type CA = Awaited<ReturnType<typeof initializeCA>>;
type TLog = Awaited<ReturnType<typeof initializeTLog>>;
type TSA = Awaited<ReturnType<typeof initializeTSA>>;

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
  /** Whether a timestamp authority says when it was signed, instead of the transparency log. */
  readonly stamped?: boolean;
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
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

/** A certificate authority, its certificate log and a transparency log, all in this process. */
export class TestSigstore {
  private constructor(
    private readonly ca: CA,
    private readonly silentCa: CA,
    private readonly log: TLog,
    /** Whole seconds: @sigstore/core reads no fractions but those with three digits, and the authority leaves zeros out. */
    private readonly stamps: { readonly tsa: TSA; readonly now: () => void },
    /** As sigstore publishes it. */
    readonly trustedRoot: {
      tlogs: object[];
      ctlogs: object[];
      certificateAuthorities: object[];
      timestampAuthorities: object[];
    },
  ) {}

  /** @param logClock what the transparency log and the timestamp authority take for now */
  static async start(logClock?: Date): Promise<TestSigstore> {
    const [caKeys, ctKeys, logKeys] = [pair('P-384'), pair(), pair()];
    const ctLog = await initializeCTLog(ctKeys);
    const ca = await initializeCA(caKeys, ctLog);
    // The same key gives another root certificate of the same authority, so either is named.
    const silentCa = await initializeCA(caKeys);
    const log = await initializeTLog('https://log.test', logKeys, logClock);
    const stampClock = new Date(logClock ?? 0);
    const tsa = await initializeTSA(pair('P-384'), stampClock);
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
    const now = (): void => void stampClock.setTime(logClock?.getTime() ?? Math.ceil(Date.now() / 1000) * 1000);
    return new TestSigstore(
      ca,
      silentCa,
      log,
      { tsa, now },
      {
        ...{ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' },
        timestampAuthorities: [
          {
            ...authority(tsa.intCertificate),
            certChain: {
              certificates: [tsa.intCertificate, tsa.rootCertificate].map((one) => ({ rawBytes: base64(one) })),
            },
          },
        ],
        tlogs: [logOf(log.publicKey)],
        ctlogs: [logOf(ctLog.publicKey)],
        certificateAuthorities: [authority(ca.rootCertificate), authority(silentCa.rootCertificate)],
      },
    );
  }

  async #certify({ unlogged, subject, issuer }: BundlePlan, { publicKey }: Pair): Promise<X509Certificate> {
    const issued = await (unlogged ? this.silentCa : this.ca).issueCertificate({
      publicKey: publicKey.export({ format: 'der', type: 'spki' }),
      subjectAltName: subject,
      extensions: [{ oid: issuerExtension, value: issuer }],
    });
    return new X509Certificate(Buffer.from(base64(issued), 'base64'));
  }

  async #enter(entry: object): Promise<NonNullable<Awaited<ReturnType<TLog['log']>>[string]>> {
    const logged = await this.log.log(entry as Parameters<TLog['log']>[0]);
    return Object.values(logged)[0] as NonNullable<(typeof logged)[string]>;
  }

  async #stamp(signature: Buffer): Promise<string> {
    const sha256Oid = '2.16.840.1.101.3.4.2.1';
    const request = { artifactHash: sha256(signature), hashAlgorithmOID: sha256Oid, nonce: 1, policyOID: '1.2.3' };
    this.stamps.now();
    return base64(await this.stamps.tsa.timestamp({ ...request, certReq: true }));
  }

  /** What cosign 2 writes beside a signature in annotations: certificate, and the log's entry or a time stamp. */
  async cosign2(payload: Buffer, plan: Omit<BundlePlan, 'subjects'>): Promise<Record<string, string>> {
    const keys = pair();
    const pem = (await this.#certify({ ...plan, subjects: [] }, keys)).toString();
    const signature = sign('sha256', payload, keys.privateKey);
    const hash = { algorithm: 'sha256', value: sha256(payload).toString('hex') };
    const publicKey = { content: base64(Buffer.from(pem)) };
    const entry = await this.#enter({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: { data: { hash }, signature: { content: base64(signature), publicKey } },
    });
    const { body, integratedTime, logIndex, logID, verification } = entry;
    const bundle = {
      SignedEntryTimestamp: verification.signedEntryTimestamp,
      Payload: { body, integratedTime, logIndex, logID },
    };
    return {
      'dev.cosignproject.cosign/signature': base64(signature),
      'dev.sigstore.cosign/certificate': pem,
      'dev.sigstore.cosign/bundle': JSON.stringify(bundle),
      ...(plan.stamped && {
        'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({
          SignedRFC3161Timestamp: await this.#stamp(signature),
        }),
      }),
    };
  }

  /** A bundle as cosign, GitHub and BuildKit attach it: a statement, signed by a certificate that lives for ten minutes. */
  async bundle(plan: BundlePlan): Promise<TestBundle> {
    const { subjects, predicateType = 'https://sigstore.dev/cosign/sign/v1', predicate = {} } = plan;
    const keys = pair();
    const certificate = await this.#certify(plan, keys);
    const digests = subjects.map((digest) => ({ name: 'x', digest: { sha256: digest.replace('sha256:', '') } }));
    const payload = Buffer.from(
      JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: digests, predicateType, predicate }),
    );
    const message = Buffer.concat([Buffer.from(`DSSEv1 ${inToto.length} ${inToto} ${payload.length} `), payload]);
    const signature = sign('sha256', message, keys.privateKey);
    const pem = certificate.toString();
    const entry = await this.#enter({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value: '0'.repeat(64) },
        payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
        signatures: [{ signature: base64(signature), verifier: base64(Buffer.from(pem)) }],
      },
    });
    const { inclusionProof, signedEntryTimestamp } = entry.verification;
    return {
      mediaType: bundleType,
      verificationMaterial: {
        certificate: { rawBytes: base64(certificate.raw) },
        tlogEntries: [
          {
            ...{ logIndex: String(entry.logIndex), kindVersion: { kind: 'dsse', version: '0.0.1' } },
            logId: { keyId: base64(Buffer.from(entry.logID, 'hex')) },
            // A log of the second generation tells no time.
            integratedTime: plan.stamped ? '0' : String(entry.integratedTime),
            ...(!plan.stamped && { inclusionPromise: { signedEntryTimestamp } }),
            inclusionProof: {
              ...{ logIndex: '0', treeSize: '1', hashes: [] },
              rootHash: base64(Buffer.from(inclusionProof.rootHash, 'hex')),
              checkpoint: { envelope: inclusionProof.checkpoint },
            },
            canonicalizedBody: entry.body,
          },
        ],
        ...(plan.stamped && {
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: await this.#stamp(signature) }] },
        }),
      },
      dsseEnvelope: {
        payload: base64(payload),
        payloadType: inToto,
        signatures: [{ sig: base64(signature) }],
      },
    };
  }
}
