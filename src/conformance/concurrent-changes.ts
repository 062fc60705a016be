import type { Exchange } from './api.js';

/** Requests whose answers cover all images of a daemon, including those of other clients. */
const lists = /^GET (\/v[\d.]+)?\/(images\/json|system\/df)(\?|$)/;

/** Requests that create content. The content has no owner until all of it has arrived. */
const brings = /^POST (\/v[\d.]+)?\/(images\/(create|load)|build)(\?|$)/;
/**
 * Error texts of containerd (content was garbage-collected before its commit) and of dockerd's builder (the image of
 * an earlier step was).
 */
const collected = /failed commit on ref .*no such file or directory|unable to find image \\*"sha256:/;

/**
 * Reports whether an answer shows that another client removed an image at the same time. dockerd then answers 404 to a
 * list, because an image or container of the other client disappeared while it was built. Pulls and builds fail if
 * their new content is collected.
 *
 * @param own digests of the content that this run has built
 */
export function hasConcurrentChanges({ method, path, status, body }: Exchange, own: ReadonlySet<string>): boolean {
  const asked = `${method} ${path}`;
  if (brings.test(asked)) return collected.test(body.toString('utf8'));
  if (status < 400 || !lists.test(asked)) return false;
  const [id] = /(sha256:)?[0-9a-f]{64}(?=.*not found)/.exec(body.toString('utf8')) ?? [];
  return id !== undefined && !own.has(id);
}
