import type { Container } from '../containers/container.js';
import type { Context } from '../context.js';

/** Work out what a container has mounted where, and make the volumes that are not there. */
export async function registerMounts(_context: Context, _container: Container): Promise<void> {}

/** Mount everything into the file system of a container that starts. */
export function mountAll(_context: Context, _container: Container): void {}

/** Let go of a container's mounts; with `remove`, delete its anonymous volumes. */
export async function releaseMounts(_context: Context, _container: Container, _remove: boolean): Promise<void> {}
