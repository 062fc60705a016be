// Limits of the simulated machine and its programs. Each protects the memory or the event loop of the server.

/** Longest delay of setTimeout in milliseconds. Longer delays would fire immediately. */
export const maxTimeoutMs = 2 ** 31 - 1;

/** Characters of a path in an error message. */
export const maxPathInMessage = 255;

/** Default bytes of a whole-file read, because the file is copied into memory. */
export const defaultReadBytes = 64 * 1024 * 1024;

/** Levels of `#!` interpreters, as in Linux. */
export const maxInterpreterDepth = 4;

/** Tasks of a container, because each costs memory of the server. */
export const maxContainerTasks = 2048;

/** Bytes that the programs of a container may use, even without a memory limit. */
export const maxContainerMemoryBytes = 32 * 1024 * 1024;

/** Bytes that the programs of all containers may use, because they are the server's memory. */
export const maxProgramBytes = 96 * 1024 * 1024;

/** Tasks of all containers at which forks fail. Each costs about 12 KiB here. */
export const maxTasks = 16 * 1024;

/** Time slice of a task in milliseconds, after which others run. */
export const taskSliceMs = 3;

/** Time slices without a wait after which a task counts as busy-looping and runs half as often. */
export const maxBusySlices = 300;

/** Pause of a busy-looping task between two time slices in milliseconds. */
export const busyPauseMs = 5;

/** Bytes of a terminal's input line, as in Linux. */
export const maxTerminalLineBytes = 4095;

/** Fields of an awk record, because each is an object in memory. */
export const maxAwkFields = 100_000;

/** Characters of awk input without newlines between its records, which are kept in memory. */
export const maxAwkInputLength = 16 << 20;

/** Bytes of input for programs that read all of it into memory. */
export const maxInputBytes = 16 << 20;

/** Bytes of an input line, because programs process whole lines in memory. */
export const maxLineBytes = 1024 * 1024;

/** Nesting of statements or brackets, because later passes need stack space for each level. */
export const maxNesting = 500;

/** Milliseconds that nslookup waits for a resolver. */
export const nslookupTimeoutMs = 10_000;

/** Milliseconds of all searches in one text, because each continues after the last match. */
export const maxRegexSearchMs = 500;

/** Words that xargs passes per run by default. */
export const maxXargsWords = 5000;

/** Commands that sed runs per input line, so that a loop ends. */
export const maxSedSteps = 1_000_000;

/** Characters of sed's pattern and hold space, which are kept in memory. */
export const maxSedSpaceLength = 16 << 20;

/** Bytes of the end of a file that a program may request, because they are kept in memory. */
export const maxTailBytes = 16 * 1024 * 1024;

/** Bytes collected from the end of a file before unneeded ones are dropped. */
export const tailTrimBytes = 1 << 20;

/** Bytes of a request to a scripted port that are searched for its end. */
export const maxPortRequestBytes = 64 * 1024;

/** Nesting of variables in shell arithmetic, because evaluation is recursive. */
export const maxArithmeticDepth = 64;

/** Digits that affect the last 64 bits of a number with an even base: each digit is at least one bit. */
export const maxArithmeticDigits = 64;

/** Words of a brace expansion, which all are in memory. */
export const maxBraceWords = 10_000;

/** Characters of a brace expansion, which all are in memory. */
export const maxBraceTextLength = 1024 * 1024;

/** Words of an expansion, because later steps process all words together. */
export const maxExpansionFields = 100_000;

/** Characters of an expansion, because later steps process all words together. */
export const maxExpansionLength = 4 * 1024 * 1024;

/** Characters of an unsplit text. A container runs out of memory before a variable gets this long. */
export const maxUnsplitLength = 64 * 1024 * 1024;

/** Paths that match a pattern, which all are in memory. */
export const maxGlobPaths = 100_000;

/** Characters of a path pattern. Longer text, such as a document, is not a pattern. */
export const maxGlobPatternLength = 64 * 1024;

/** Bytes of a command substitution, which is kept in memory. */
export const maxSubstitutionBytes = 4 * 1024 * 1024;

/** Characters of a script, because it is parsed without yielding. */
export const maxScriptLength = 256 * 1024;

/** Here documents of a script, because the parser visits all of them for each. */
export const maxHereDocuments = 2000;

/** Characters of a shell pattern, because it is parsed without yielding. */
export const maxPatternLength = 1024 * 1024;

/** Steps of one pattern match: a quarter of a second. */
export const maxPatternSteps = 1 << 22;

/** Characters of the result of a pattern replacement, which is kept in memory. */
export const maxReplacementLength = 4 * 1024 * 1024;

/** File descriptors of a shell, because each child inherits all of them. */
export const maxDescriptors = 1024;

/** Nested functions, `eval`, scripts and traps. A real shell's stack ends about there, too. */
export const maxCallDepth = 1000;

/** Words of a command or loop: more than the kernel passes to a program. */
export const maxWords = 500_000;

/** Characters of the words of a command or loop: more than the kernel passes to a program. */
export const maxWordBytes = 16 * 1024 * 1024;

/** Bytes of a user or group file whose parsed form is cached. Longer files are parsed each time. */
export const maxUserFileBytes = 64 * 1024;
