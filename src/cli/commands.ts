import type { Entry } from './command.js';

/** The commands about attestations, which the docker CLI has too, as a plugin. */
export const attestations: Entry = {
  summary: 'show and verify the attestations of an image',
  load: () => import('./attestations.js'),
  commands: {
    ls: {
      summary: 'list the attestations of an image',
      load: () => import('./attestations.js'),
    },
    show: {
      summary: 'write statements as they are',
      load: () => import('./attestations-show.js'),
    },
    tree: {
      summary: 'show what leads from an image to its statements and signatures',
      load: () => import('./attestations-tree.js'),
    },
    verify: {
      summary: 'say whether the signatures hold, and whose they are',
      load: () => import('./attestations-verify.js'),
    },
  },
};

/** The one table of commands. A command is a file of this folder that exports `command`, and an entry here. */
export const program: Entry = {
  summary: 'a reference server, a conformance suite and a client for image attestations in the Docker Engine API',
  commands: {
    attestations,
    completion: {
      summary: 'write a completion script for a shell',
      load: async () => ({ command: (await import('./completion.js')).completionOf(program) }),
    },
    conformance: {
      summary: 'judge a daemon, or the reference server, against the requirements',
      load: () => import('./conformance.js'),
      commands: {
        cleanup: {
          summary: 'remove what an interrupted run has left in a daemon',
          load: () => import('./conformance-cleanup.js'),
        },
        compare: {
          summary: 'show where two reports differ',
          load: () => import('./conformance-compare.js'),
        },
        list: {
          summary: 'list every requirement',
          load: () => import('./conformance-list.js'),
        },
      },
    },
    gate: {
      summary: 'stand before a daemon and let through what a policy allows',
      load: () => import('./gate.js'),
    },
    policy: {
      summary: 'ask a policy about images, as it is asked where containers are created',
      commands: {
        eval: {
          summary: 'say whether a policy allows an image',
          load: () => import('./policy-eval.js'),
        },
        input: {
          summary: 'show what a policy is asked about an image',
          load: () => import('./policy-input.js'),
        },
        test: {
          summary: 'run the cases of a folder against their policies',
          load: () => import('./policy-test.js'),
        },
      },
    },
    serve: {
      summary: 'serve the Engine API from a store of OCI images',
      load: () => import('./serve.js'),
    },
    spec: {
      summary: 'build, check, patch and compare API descriptions',
      commands: {
        apply: {
          summary: 'patch a description in place; all other lines of the file stay as they are',
          load: () => import('./spec-apply.js'),
        },
        build: {
          summary: 'make swagger.yaml from the base and its overlays',
          load: () => import('./spec-build.js'),
        },
        changelog: {
          summary: 'write the API version history entry for a difference, in Markdown',
          load: () => import('./spec-changelog.js'),
        },
        check: {
          summary: 'fail when swagger.yaml differs from base and overlays, or an overlay does not fit',
          load: () => import('./spec-check.js'),
        },
        diff: {
          summary: 'show what changes between two descriptions, and whom it breaks',
          load: () => import('./spec-diff.js'),
        },
        'validate-recordings': {
          summary: 'check recorded exchanges against the description',
          load: () => import('./spec-recordings.js'),
        },
      },
    },
    store: {
      summary: 'look after the folder that serve --store keeps images in',
      commands: {
        check: {
          summary: 'hash every blob and follow every name',
          load: () => import('./store-check.js'),
        },
        gc: {
          summary: 'delete the blobs that no image leads to',
          load: () => import('./store-gc.js'),
        },
      },
    },
  },
};
