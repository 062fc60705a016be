import { lazyImport } from '../../support/foundation/lazy-import.js';
import type { OperationHandler, OperationHandlers } from '../operation.js';
import { handlers as image } from './image.js';
import { handlers as system } from './system.js';
import { handlers as undescribed } from './undescribed.js';

/** The operations that others.ts has, by what they are about. */
const others = [
  'BuildPrune ImageBuild',
  'ContainerArchive ContainerArchiveInfo ContainerChanges ContainerExport PutContainerArchive',
  'ContainerCreate ContainerDelete ContainerInspect ContainerKill ContainerList ContainerPause ContainerPrune',
  'ContainerRename ContainerRestart ContainerStart ContainerStop ContainerUnpause ContainerUpdate ContainerWait',
  'ContainerAttach ContainerAttachWebsocket ContainerLogs ContainerResize ContainerStats ContainerTop',
  'DistributionInspect ImageCommit ImageCreate ImagePush ImageSearch',
  'ContainerExec ExecInspect ExecResize ExecStart',
  'NetworkConnect NetworkCreate NetworkDelete NetworkDisconnect NetworkInspect NetworkList NetworkPrune',
  'GetPluginPrivileges PluginCreate PluginDelete PluginDisable PluginEnable PluginInspect PluginList PluginPull',
  'PluginPush PluginSet PluginUpgrade',
  'ConfigCreate ConfigDelete ConfigInspect ConfigList ConfigUpdate NodeDelete NodeInspect NodeList NodeUpdate',
  'SecretCreate SecretDelete SecretInspect SecretList SecretUpdate',
  'ServiceCreate ServiceDelete ServiceInspect ServiceList ServiceLogs ServiceUpdate TaskInspect TaskList TaskLogs',
  'SwarmInit SwarmInspect SwarmJoin SwarmLeave SwarmUnlock SwarmUnlockkey SwarmUpdate',
  'Grpc Session',
  'VolumeCreate VolumeDelete VolumeInspect VolumeList VolumePrune VolumeUpdate',
].flatMap((line) => line.split(' '));

const otherHandlers = lazyImport(async () => (await import('./unsupported.js')).otherHandlers);

/** They are read when the first of them is asked for: most servers are asked for images only, and this is half of all code. */
function whenAsked(operationId: string): OperationHandler {
  return (request, context) => otherHandlers((all) => (all[operationId] as OperationHandler)(request, context));
}

/**
 * The handlers of all tags of the description, a file each. An operation that is in none of them is refused: nothing is
 * made up for it.
 */
export const allHandlers: OperationHandlers = {
  ...image,
  ...system,
  ...undescribed,
  ...Object.fromEntries(others.map((id) => [id, whenAsked(id)])),
};
