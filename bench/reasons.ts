/**
 * Why something misses its mark, and what was tried: written by hand, by the names of rows, and shown beside what misses. A row that meets
 * its mark again is not looked up here, so nothing has to be taken away in haste.
 */
export const reasons: Readonly<Record<string, string>> = {
  start: `the whole \`index.json\` is read and each name in it before the first answer: 60 MB at 100,000. Tried: the names that an entry holds as
  JSON by JavaScript's parser, half of that time; the whole in pieces (no less time, 195 MB instead of 297, taken); what images say looked for later
  (1,698 ms to 1,268 with it, taken); an index of names beside the layout would have to be as long`,
  'attestd serve, to the first answer': `a bare \`node -e 0\` takes 40 to 50 ms of it, the rest is reading and compiling modules, which nothing but
  less of them makes faster. Tried: everything in one file (12 to 20 % less, a package of its own); CommonJS with V8's code cache (35 % less, twice
  the package); Node.js 24's compile cache (10 to 15 %, not in 20); the shell read when it is needed (84 modules of 1.13 MB instead of 98 of 1.50, taken);
  half of the operations and the programs of containers, too (1.13 MB to 0.65, 394 to 382 ms), and what archives and addresses of IPv6 are read
  with (433 to 379 in one run with that, both taken). Koa with two tables of media types takes 60 ms of what is
  left where a bare Node.js takes 77`,
  'startDaemon(), the first of a process': `the schemas, tables and layouts that the second one finds ready are read and compiled; the second takes
  a third. Tried: what is tried for \`attestd serve\` above`,
  'startDaemon(), the next ones': `49.4, 64.3 and 61.5 ms in three runs of one day on the same code of starting, beside 446, 504 and 506 MiB/s of
  hashing: what it comes to is the machine's hour. Tried: what is tried for \`attestd serve\` above`,
  'memory at rest': `42 MB of it are the program file of Node.js, a bare \`node:http\` server takes 44. Tried: collecting garbage after the start gave
  nothing back; a small young generation, told to the process that has begun, holds what comes later (taken), not what the start took; \`--optimize-for-size\`
  (56 MB) and \`--lite-mode\` (61 MB) must be given to Node.js before it starts; half of all code read when it is asked for (80 to 76, taken).
  Koa takes 11 MB of the rest`,
  '200 slow readers of 40 MiB': `four or five pieces for each reader on their way to the socket, and what Node.js holds of a connection. Tried: pieces of
  16 KiB where many read, no less while pieces were collected early; of 8 KiB since small heaps are collected later (82 MB to 57 to 64, taken);
  compacting a statement where it lies, no less; no piece held between the file and the answer, 3 MB; a small young generation: 128 MB to 50 to 57 (taken)`,
  'load, part of hashing': `a layer that is compressed is hashed twice, as it comes and as a daemon unpacks it, so half of hashing's speed is the most that one
  thread can do; a bare server that hashes once comes to what the table says. Tried: syncing a blob while the next is read, and writing out of memory that is used
  again (1.7 s to 1.0 for what arrives, taken); letting a small heap grow by 24 MB before it is collected, where the buffers of an upload had it collected
  85 times (4.0 s to 3.2, taken); reading the next layer while one is hashed (2.8 s to 2.5, taken); unpacking in two threads of their own: no more than
  the spread of the runs, at 189 MB of memory. A layer that is not compressed is hashed once`,
  'save, part of hashing': `each blob is hashed before it goes out. Tried: pieces of 64, 128 and 256 KiB, so that the client has something to do while the next is
  hashed, no more than the spread of the runs; a client that takes less of the machine: the one before was slower than the server`,
  df: `facts of all images are read from the file beside the layout, and each element is made. Tried: all in one pass (2,877 ms to 1,790 at 10,000, taken); each element
  rendered once for the two places that an answer has it in, and without what it does not show (324 ms to 150 at 1,000, taken)`,
  prune: `the first collection of a process reads and hashes each manifest: what is deleted is found out from the disk alone. Tried: manifests of
  the usual form by JavaScript's parser (a collection of 1,000 images in a process that begins: 489 ms to 290, taken); no look at the size of a small
  blob before it is read besides (268, within the spread)`,
  memory: `\`--cache-size\` bounds what is kept, V8 is told to collect early, and both hold; 700 bytes of names, places of facts and marks of blobs come on top
  for each image, without a bound, and what is being made. Tried: facts not kept in memory, elements as texts (both taken: 573 to 340 MB at 10,000); a small young generation
  and early collections (275 to 205 at 10,000, for a tenth of the speed of a first list, taken); elements packed, places and marks in arrays of numbers, one object for dates
  that are the same, usage in pieces (all taken: 1,600 to 535 at 100,000); \`index.json\` and the names of blobs read in pieces, collections when half as
  much again is there (all taken: a first list 438 to 217, all together 535 to 399); collections at a fifth (214, for a fifth more of the
  processor), usage rendered before all images were looked at (346 after df instead of 339)`,
  'list again': `names, order and the elements that were kept are gone through for each image; what does not fit into \`--cache-size\` is made again. Tried: keeping what came first
  instead of what came last (taken); an answer of so many megabytes kept whole would take the room of all elements; elements packed to a quarter (7,400 ms of processor
  time to 1,300 at 100,000, taken)`,
  'first attestations': '`index.json` is read before',
  'first list': `what each image says is read from the file beside the layout, and its element is rendered: at 1,000 images much of it is code that runs for
  the first time. Tried: no facts kept in memory (239 ms at 1,000, no less); no rows of manifests where they are not shown, versions compared once, words of digests without
  texts (164 ms, and 830 instead of 1,264 at 10,000, taken)`,
};
