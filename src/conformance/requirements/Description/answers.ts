import { operations } from '../../../generated/operations.js';
import { operationPointer } from '../../containers/family.js';
import { show, Unjudged, Unmet } from '../../expect.js';
import type { FeatureName } from '../../features.js';
import type { Requirement } from '../../requirement.js';
import type { BodyDeviation } from '../../schema.js';
import { observed } from '../common.js';

/** Features that an operation needs, by the beginning of its id. The longest beginning wins. */
const featuresOf: Readonly<Record<string, readonly FeatureName[]>> = {
  BuildPrune: ['build-cache'],
  Config: ['no-swarm'],
  Container: ['containers'],
  ContainerChanges: ['changes'],
  ContainerExec: ['exec'],
  ContainerStats: ['statistics'],
  ContainerTop: ['processes'],
  DistributionInspect: ['distribution'],
  Exec: ['exec'],
  Image: ['images'],
  ImageAttestations: ['images', 'attestations'],
  ImageBuild: ['build'],
  ImageCommit: ['commit'],
  ImageCreate: ['registry'],
  ImagePush: ['registry'],
  ImageSearch: ['search'],
  Network: ['networks'],
  Node: ['no-swarm'],
  Plugin: ['plugins'],
  PutContainer: ['containers'],
  Secret: ['no-swarm'],
  Service: ['no-swarm'],
  Swarm: ['no-swarm'],
  System: ['engine'],
  SystemDataUsage: ['disk-usage'],
  SystemEvents: ['events'],
  Task: ['no-swarm'],
  Unlock: ['no-swarm'],
  Volume: ['volumes'],
};

/** The features of an operation. */
function featuresFor(operationId: string): readonly FeatureName[] {
  const [longest] = Object.keys(featuresOf)
    .filter((beginning) => operationId.startsWith(beginning))
    .sort((a, b) => b.length - a.length);
  return featuresOf[longest ?? ''] ?? ['engine'];
}

/** One deviation, as `200 /Config/Cmd must be array: null`. */
const textOf = ({ pointer, place, message, example }: BodyDeviation): string =>
  `${pointer.slice(pointer.lastIndexOf('/') + 1)} ${place} ${message}: ${show(example === undefined ? undefined : JSON.stringify(example))}`;

/** Whether a deviation is an absent member. */
const isAbsence = ({ code }: BodyDeviation): boolean => code === 'required';

/** A requirement about all answers of an operation in a run. */
function aboutAnswers(
  operationId: string,
  pointer: string,
  what: Pick<Requirement, 'id' | 'title' | 'why' | 'basis' | 'features'>,
  counts: (deviation: BodyDeviation) => boolean,
): Requirement {
  return {
    ...what,
    level: 'MUST',
    operationId,
    pointer,
    images: [],
    last: true,
    async check(t) {
      const { checked, deviations } = t.described(operationId);
      if (checked === 0) throw new Unjudged(`the run has no answer of ${operationId}`);
      const found = deviations.filter(counts).map(textOf).sort();
      if (found.length > 0)
        throw new Unmet(`bodies of ${operationId}`, 'bodies that the description allows', found.join('; '));
    },
  };
}

/** Bodies of answers, compared with the schemas of the description. */
export const answers: readonly Requirement[] = operations
  .filter(({ responses }) => Object.values(responses).some(({ types = [] }) => types.some((type) => /json/.test(type))))
  .flatMap(({ operationId, method, path }) => {
    const pointer = `${operationPointer(method, path)}/responses`;
    const features = featuresFor(operationId);
    return [
      aboutAnswers(
        operationId,
        pointer,
        {
          id: `${operationId}.types`,
          title: 'Members of answers have the types of the description, and are null only where it allows null',
          why: 'Typed clients stop with a decoding error at a member of another type.',
          basis: { kind: 'published', section: pointer },
          features,
        },
        (deviation) => !isAbsence(deviation),
      ),
      aboutAnswers(
        operationId,
        pointer,
        {
          id: `${operationId}.members-present`,
          title: 'Answers have all members that the daemon always sends',
          why: 'Clients in languages without zero values fail at an absent member.',
          basis: observed('docs/reference/behavior/http.md#json-bodies'),
          features: ['as-dockerd', ...features],
        },
        isAbsence,
      ),
    ];
  });
