import type { Exchange } from './api.js';

/** What tells of all images that a daemon has, with those of others. */
const lists = /^GET (\/v[\d.]+)?\/(images\/json|system\/df)(\?|$)/;

/** What makes or brings content, which has no owner until all of it is there. */
const brings = /^POST (\/v[\d.]+)?\/(images\/(create|load)|build)(\?|$)/;
/** How containerd tells that such was collected till then, and dockerd's builder that an image of an earlier step was. */
const collected = /failed commit on ref .*no such file or directory|unable to find image \\*"sha256:/;

/**
 * Whether an answer tells of what somebody else, such as another run, did to the daemon at the time by removing an image. dockerd
 * then answers 404 to a list that is drawn up, since content or a container went that is none of the run's, and fails pulls and
 * builds whose content is collected as it comes.
 *
 * @param own digests of the content that the run itself has built
 */
export function hasConcurrentChanges({ method, path, status, body }: Exchange, own: ReadonlySet<string>): boolean {
  const asked = `${method} ${path}`;
  if (brings.test(asked)) return collected.test(body.toString('utf8'));
  if (status < 400 || !lists.test(asked)) return false;
  const [id] = /(sha256:)?[0-9a-f]{64}(?=.*not found)/.exec(body.toString('utf8')) ?? [];
  return id !== undefined && !own.has(id);
}
