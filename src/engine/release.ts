import { apiVersion } from '../generated/operations.js';
import { AttestdError } from '../support/foundation/errors.js';
import { compareVersions } from './versions.js';

/** The engine release that the reference server answers like, and the API versions that it speaks. */
export interface Release {
  /** Version of the engine, in `/version`, `/info` and the `Server` header. */
  readonly engine: string;
  /** Newest API version. Used for requests without a version prefix. */
  readonly api: string;
  /** Oldest API version. */
  readonly minimumApi: string;
}

/** dockerd 29.7.2: the recorded release, and the reference server's default. */
export const currentRelease: Release = { engine: '29.7.2', api: apiVersion, minimumApi: '1.40' };

/** The API version in development upstream. The server speaks it on request. */
const nextApi = '1.56';

/** Releases whose API versions the server can imitate, by version prefix. */
const releases: Readonly<Record<string, Release>> = {
  '28.5': { engine: '28.5.2', api: '1.51', minimumApi: '1.24' },
  '29.0': { engine: '29.0.0', api: '1.52', minimumApi: '1.44' },
  '29.7': currentRelease,
};

/** Names of the releases that the server can answer like. */
export const releaseNames: readonly string[] = Object.keys(releases);

/** Which release to answer like, and another window of API versions. */
export interface ReleaseChoice {
  /** A member of `releaseNames`. Default: the current release. */
  readonly engine?: string | undefined;
  /** `major.minor`. Default: the release's minimum. */
  readonly minimumApi?: string | undefined;
  readonly maximumApi?: string | undefined;
}

/**
 * The release to answer like.
 *
 * @throws AttestdError USAGE for a release that is not known, or an invalid window, or one beyond the version in development
 */
export function chooseRelease({ engine = '29.7', minimumApi, maximumApi }: ReleaseChoice): Release {
  const release = Object.hasOwn(releases, engine) ? releases[engine] : undefined;
  if (release === undefined) throw new AttestdError('USAGE', `'${engine}' is none of ${releaseNames.join(', ')}`);
  const chosen = { ...release, minimumApi: minimumApi ?? release.minimumApi, api: maximumApi ?? release.api };
  for (const version of [chosen.minimumApi, chosen.api])
    if (!/^1\.\d{1,3}$/.test(version)) throw new AttestdError('USAGE', `'${version}' is no API version such as 1.44`);
  const oldest = '1.24';
  if (compareVersions(chosen.minimumApi, oldest) < 0 || compareVersions(chosen.api, nextApi) > 0)
    throw new AttestdError('USAGE', `API versions are within ${oldest} and ${nextApi}`);
  if (compareVersions(chosen.minimumApi, chosen.api) > 0)
    throw new AttestdError(
      'USAGE',
      `the oldest API version ${chosen.minimumApi} is newer than the newest, ${chosen.api}`,
    );
  return chosen;
}
