/** Mocha hooks that record the time of each test for scripts/test.mjs, and the reasons of tests that cannot run here. */
import { appendFileSync } from 'node:fs';
import type { Context, RootHookObject } from 'mocha';

const record = process.env.ATTESTD_TEST_RECORD;
/** Set by .ci/run, whose set-up installs all tools: there a missing tool fails the test that needs it. */
const isToolRequired = Boolean(process.env.ATTESTD_TEST_REQUIRE_TOOLS);

function append(...entries: readonly object[]): void {
  if (record !== undefined) appendFileSync(record, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/**
 * Records that tests cannot run on this machine.
 *
 * @param count number of tests
 * @param reason what is missing and how to get it; tests of the same reason are counted together
 * @throws Error where the set-up has to provide all tools
 */
export function recordSkipped(count: number, reason: string): void {
  if (isToolRequired) throw new Error(reason);
  append({ skipped: count, reason });
}

/**
 * Skips the running test, or all tests of the suite whose hook runs.
 *
 * @param context context of the test or hook
 * @param reason see recordSkipped
 * @throws Error where the set-up has to provide all tools
 */
export function skip(context: Context, reason: string): never {
  const { test } = context;
  const isHook = test !== undefined && 'type' in test && test.type === 'hook';
  recordSkipped(isHook ? (test.parent?.total() ?? 1) : 1, reason);
  return context.skip();
}

interface Entry {
  readonly title: string;
  readonly file: string;
  /** Duration in milliseconds, with the hooks before the test. */
  readonly ms: number;
  readonly slow: boolean;
}

const entries: Entry[] = [];
let mark = 0;

/** Time in milliseconds, from a clock that no test replaces. */
const now = (): number => process.uptime() * 1000;

export const mochaHooks: RootHookObject = {
  beforeAll() {
    mark = now();
  },
  afterEach(this: Context) {
    const test = this.currentTest;
    if (test === undefined) return;
    const ended = now();
    const slow = (test.duration ?? 0) > test.slow();
    entries.push({ title: test.fullTitle(), file: test.file ?? '?', ms: ended - mark, slow });
    mark = ended;
  },
  afterAll() {
    append(...entries.splice(0));
  },
};
