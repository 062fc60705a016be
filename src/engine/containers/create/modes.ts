/** Parsers for the mode strings of a HostConfig. */

const prefix = 'container:';

/** The container whose namespace a mode shares; undefined where it shares none. */
export function sharedContainer(mode: string): string | undefined {
  return mode.startsWith(prefix) ? mode.slice(prefix.length) : undefined;
}

/** A mode that shares the namespace of a container. */
export function shareWith(id: string): string {
  return prefix + id;
}

/** The name of the network that a mode puts a container in; empty for the namespace of another container. */
export function networkName(mode: string): string {
  return sharedContainer(mode) === undefined ? (mode === 'default' ? 'bridge' : mode) : '';
}

/** Whether a mode names a user-defined network. */
export function isUserDefined(mode: string): boolean {
  return !['', 'default', 'bridge', 'host', 'none'].includes(mode) && sharedContainer(mode) === undefined;
}

const ipcModes = ['', 'none', 'private', 'host', 'shareable'];

/** Whether an IPC mode is valid. */
export function isIpcMode(mode: string): boolean {
  return ipcModes.includes(mode) || sharedContainer(mode) !== undefined;
}

/** Whether a PID mode is valid. */
export function isPidMode(mode: string): boolean {
  return mode === '' || mode === 'host' || (sharedContainer(mode) ?? '') !== '';
}
