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

/** What images are looked at through. */
export interface PolicyAccess extends ImageAccess {
  /** Another number after everything that may change its answers; undefined, or not there, when it cannot know. */
  readonly state?: number | undefined;
}

/** How a policy is opened. */
export interface PolicyOptions extends PolicyLimits {
  /** Who may sign images' attestations; without it, signatures are unknown. */
  readonly trusts?: readonly Trust[];
}

/** What a policy is asked. */
export interface PolicyQuestion {
  /** Name, name@digest or id, as the client has it. */
  readonly image: string;
  /** Digest that the image was resolved to already: it is not looked up by its name then. */
  readonly digest?: string;
  /** What the client asked for; without it, the platform that the daemon takes. */
  readonly platform?: NonNullable<OCIPlatform>;
  /** The container that it is for; none for the image alone. */
  readonly container?: PolicyContainer;
}

/** A policy that can be asked. */
export interface Policy {
  /** Digest of its file; made up for a function. */
  readonly digest: string;
  /**
   * What the policy would be asked.
   *
   * @throws AttestdError NOT_FOUND for an image that is not there, INVALID_REFERENCE, UNAVAILABLE
   */
  input(access: PolicyAccess, question: PolicyQuestion): Promise<PolicyInput>;
  /** What it decides about an input; a policy that fails allows nothing, and says so. */
  decide(input: PolicyInput): Promise<PolicyVerdict>;
  /**
   * Both: look at the image and decide. Images are remembered by digest, and verdicts of files by input; a failure is not.
   *
   * @param access a daemon (`connect()`), or a store in this process
   * @throws AttestdError as `input`: what the daemon itself would answer to such a name
   */
  judge(access: PolicyAccess, question: PolicyQuestion): Promise<PolicyVerdict>;
  /** End its thread. */
  close(): Promise<void>;
}

/** Bytes of images' descriptions that are remembered, and for how many milliseconds: all there is, or not. */
const cachedImageBytes = 128 * 1024 * 1024;
const completeTtl = 3_600_000;
const incompleteTtl = 2_000;
/** Verdicts that are remembered, and for how many milliseconds: a policy may look at the clock. */
const cachedVerdicts = 2_000;
const verdictTtl = 60_000;

const hash = (text: string): string => createHash('sha256').update(text).digest('base64');

/** An image with its description as JSON. */
interface CachedImage {
  readonly seen: SeenImage;
  readonly hash: string;
  readonly length: number;
  /** That of the access before it was looked at, where it holds for as long as that stays. */
  readonly state: number | undefined;
}

/** What a policy is asked, by what its answer is remembered, and the manifest that it is about. */
interface PreparedInput {
  readonly input: PolicyInput;
  readonly key: string;
  readonly manifest: string | undefined;
}

type MentionsMember = (member: string) => boolean;

/** Unknown members that the program names. */
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
  /** None for a function, which may look at anything. */
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
 * Open a policy (docs/reference/policy.md#policies): a file runs in a thread of its own within limits of time and memory; a function runs
 * as it is.
 *
 * @param policy an OPA bundle compiled to WebAssembly, an ES module, or a function
 * @throws AttestdError NOT_FOUND or INVALID_ARGUMENT for a file that is no policy, INTERNAL for one that cannot be loaded
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
