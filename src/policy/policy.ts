import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ImageAccess, Trust } from '../client/index.js';
import type { OCIPlatform } from '../support/foundation/types.js';
import { type Decision, readDecision } from './decision.js';
import { type SeenImage, seeInspected } from './image.js';
import { loadProgram } from './program.js';
import { imageReference } from './reference.js';
import { type PolicyLimits, PolicyRunner } from './runner.js';
import type { PolicyContainer, PolicyFunction, PolicyInput, PolicyVerdict } from './types.js';

/** Access to images, with an optional change counter. */
export interface PolicyAccess extends ImageAccess {
  /** Changes whenever answers may change. Undefined if changes cannot be observed. */
  readonly state?: number | undefined;
}

/** Options for opening a policy. */
export interface PolicyOptions extends PolicyLimits {
  /** Trusted signers. Default: none, so that signatures are unknown. */
  readonly trusts?: readonly Trust[];
}

/** A question to a policy. */
export interface PolicyQuestion {
  /** Name, name@digest or id, as given by the client. */
  readonly image: string;
  /** Digest of an already resolved image. The name is not looked up again. */
  readonly digest?: string;
  /** Requested platform. Default: the daemon's. */
  readonly platform?: NonNullable<OCIPlatform>;
  /** The container to judge. Undefined to judge the image alone. */
  readonly container?: PolicyContainer;
}

/** A loaded policy. */
export interface Policy {
  /** Digest of the policy file. A function gets a random one. */
  readonly digest: string;
  /**
   * Builds the input for a question, without evaluating it.
   *
   * @throws AttestdError NOT_FOUND if the image does not exist, INVALID_REFERENCE, UNAVAILABLE
   */
  input(access: PolicyAccess, question: PolicyQuestion): Promise<PolicyInput>;
  /** Evaluates an input. A policy that fails denies and reports the failure. */
  decide(input: PolicyInput): Promise<PolicyVerdict>;
  /**
   * Builds the input and evaluates it. Images are cached by digest, and verdicts of policy files by input. Failures are not cached.
   *
   * @param access a daemon (`connect()`), or a store in this process
   * @throws AttestdError the errors of `input`: the daemon's own answer to such a name
   */
  judge(access: PolicyAccess, question: PolicyQuestion): Promise<PolicyVerdict>;
  /** Stops the worker thread. */
  close(): Promise<void>;
}

/**
 * Maximum size of cached images in bytes. Cached for completeTtl ms if all members are known, else for incompleteTtl ms.
 */
const cachedImageBytes = 128 * 1024 * 1024;
const completeTtl = 3_600_000;
const incompleteTtl = 2_000;
/** Maximum number of cached verdicts, and their lifetime in ms: a policy may depend on the time. */
const cachedVerdicts = 2_000;
const verdictTtl = 60_000;

const hash = (text: string): string => createHash('sha256').update(text).digest('base64');

/** A cached image with its serialized facts. */
interface CachedImage {
  readonly seen: SeenImage;
  readonly hash: string;
  readonly length: number;
  /** State of the access before the lookup. The entry is valid while it is unchanged. */
  readonly state: number | undefined;
}

/** An input with its cache key and the manifest that it describes. */
interface PreparedInput {
  readonly input: PolicyInput;
  readonly key: string;
  readonly manifest: string | undefined;
}

type MentionsMember = (member: string) => boolean;

/** Unknown members that the policy mentions. */
function doubtsOf({ unknowns }: PolicyInput, names: MentionsMember): readonly string[] {
  return unknowns.filter((unknown) => names(/^image\.(\w+)/.exec(unknown)?.[1] ?? unknown));
}

function verdictOf(
  { allow, denyMessages, warnings }: Decision,
  input: PolicyInput,
  names: MentionsMember,
): PolicyVerdict {
  const why = denyMessages.length > 0 ? denyMessages : ['the policy does not allow it'];
  const { checksum: digest } = input.image;
  const doubts = allow ? [] : doubtsOf(input, names);
  return {
    allow,
    denyMessages: allow ? [] : why,
    warnings,
    ...(digest !== undefined && { digest }),
    input,
    ...(doubts.length > 0 && { doubts }),
  };
}

function failedVerdict(error: unknown, input: PolicyInput): PolicyVerdict {
  const failure = error instanceof Error ? error.message : String(error);
  return { ...verdictOf({ allow: false, denyMessages: [failure], warnings: [] }, input, () => false), failure };
}

class OpenPolicy implements Policy {
  readonly digest: string;
  readonly #decide: (input: PolicyInput) => Promise<unknown>;
  readonly #names: MentionsMember;
  readonly #trusts: readonly Trust[];
  readonly #end: (() => Promise<void>) | undefined;
  readonly #images = new WeakMap<ImageAccess, LRUCache<string, CachedImage>>();
  /** Undefined for a function, which may depend on anything. */
  readonly #verdicts: LRUCache<string, PolicyVerdict> | undefined;

  constructor(
    digest: string,
    decide: (input: PolicyInput) => Promise<unknown>,
    names: MentionsMember,
    trusts: readonly Trust[],
    end?: () => Promise<void>,
  ) {
    this.digest = digest;
    this.#decide = decide;
    this.#names = names;
    this.#trusts = trusts;
    this.#end = end;
    this.#verdicts = end && new LRUCache({ max: cachedVerdicts, ttl: verdictTtl });
  }

  async input(access: PolicyAccess, question: PolicyQuestion): Promise<PolicyInput> {
    return (await this.#ask(access, question)).input;
  }

  async decide(input: PolicyInput): Promise<PolicyVerdict> {
    try {
      return verdictOf(readDecision(await this.#decide(input)), input, this.#names);
    } catch (error) {
      return failedVerdict(error, input);
    }
  }

  async judge(access: PolicyAccess, question: PolicyQuestion): Promise<PolicyVerdict> {
    const { input, key, manifest } = await this.#ask(access, question);
    const known = this.#verdicts?.get(key);
    if (known) return known;
    const verdict = { ...(await this.decide(input)), ...(manifest !== undefined && { manifest }) };
    if (verdict.failure === undefined) this.#verdicts?.set(key, verdict);
    return verdict;
  }

  async close(): Promise<void> {
    await this.#end?.();
  }

  async #ask(access: PolicyAccess, question: PolicyQuestion): Promise<PreparedInput> {
    const { image: name, platform, container } = question;
    const { state } = access;
    const inspected = await access.inspectImage(question.digest ?? name);
    const digest = inspected.Descriptor?.digest ?? inspected.Id ?? '';
    const images = this.#imagesOf(access);
    const place = JSON.stringify([digest, platform]);
    let known = images.get(place);
    if (!known || known.state !== state) {
      const options = { ...(platform && { platform }), trusts: this.#trusts };
      const seen = await seeInspected(access, inspected, options);
      const json = JSON.stringify(seen);
      known = { seen, hash: hash(json), length: json.length, state };
      const complete = state !== undefined || (seen.unknowns.length === 0 && (seen.image.signatures ?? []).length > 0);
      images.set(place, known, { ttl: complete ? completeTtl : incompleteTtl });
    }
    const { seen } = known;
    const reference = imageReference(name, digest);
    const input: PolicyInput = {
      env: { depth: 0 },
      image: { ...reference, ...seen.image },
      ...(container && { container }),
      unknowns: seen.unknowns,
    };
    return { input, key: hash(JSON.stringify([known.hash, reference, container])), manifest: seen.manifest };
  }

  #imagesOf(access: ImageAccess): LRUCache<string, CachedImage> {
    const known = this.#images.get(access);
    if (known) return known;
    const images = new LRUCache<string, CachedImage>({
      maxSize: cachedImageBytes,
      sizeCalculation: ({ length }) => length,
      ttl: incompleteTtl,
    });
    this.#images.set(access, images);
    return images;
  }
}

/**
 * Opens a policy (docs/reference/policy.md#policies). A file runs in a worker thread with time and memory limits. A function runs in this
 * thread without limits.
 *
 * @param policy path of an OPA bundle compiled to WebAssembly or of an ES module, or a function
 * @throws AttestdError NOT_FOUND or INVALID_ARGUMENT if the file is not a policy, INTERNAL if it cannot be loaded
 */
export async function openPolicy(policy: string | PolicyFunction, options: PolicyOptions = {}): Promise<Policy> {
  const { trusts = [], ...limits } = options;
  if (typeof policy === 'function') {
    return new OpenPolicy(
      `function:${randomUUID()}`,
      async (input) => policy(input),
      () => true,
      trusts,
    );
  }
  const { digest, program, names } = await loadProgram(policy);
  const runner = new PolicyRunner(program, limits);
  await runner.ready();
  const decide = (input: PolicyInput): Promise<unknown> => runner.decide(JSON.stringify(input));
  return new OpenPolicy(digest, decide, names, trusts, () => runner.close());
}
