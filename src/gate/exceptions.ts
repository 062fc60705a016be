/** What the gate can be told to let through unjudged, and what it then gives away. */
export const exceptions = {
  build: 'builds, sessions and BuildKit: what a build runs is not judged',
  commit: 'commits: an image made of a container, judged when a container is made of it',
  swarm: 'swarms and services, whose tasks are containers that nobody asks for',
  plugins: 'plugins, which run as root',
  checkpoints: 'starts from a checkpoint, which may hold any process',
  'privileged-exec': 'privileged commands in containers that need not be privileged themselves',
  'daemon-socket': "mounts of the daemon's socket, and of folders that it is in",
} as const;

/** The name of an exception. */
export type Exception = keyof typeof exceptions;

/** Their names, in that order. */
export const exceptionNames = Object.keys(exceptions) as Exception[];
