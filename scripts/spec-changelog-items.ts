/** Items of upstream's changelog for six versions that the descriptions show, with the row that must report each. */

/** An item of the changelog, in our words, and a part of the text of its row. */
export type Item = readonly [what: string, row: string];

/** An error of a comparison, by a part of its row's text, and the reason why it is true. */
export type Claim = readonly [row: string, why: string];

/** A version: its items, the items that its description does not show, and the expected errors. */
export interface VersionItems {
  readonly version: string;
  readonly items: readonly Item[];
  readonly unseen: readonly string[];
  readonly claims: readonly Claim[];
}

/** The six versions. */
export const versionItems: readonly VersionItems[] = [
  {
    version: '1.44',
    items: [
      ['image list: filter `until`', 'GET /images/json query filters'],
      ['`VirtualSize` left out', 'ImageInspect.VirtualSize'],
      ['search: `is_automated` deprecated', 'is_automated'],
      ['search: filter `is-automated` deprecated', 'GET /images/search query filters'],
      ['recursive read-only binds', 'Mount.BindOptions'],
      ['`StartInterval` of health checks', 'HealthConfig.StartInterval'],
      ['`CDISpecDirs`', 'SystemInfo.CDISpecDirs'],
      ['`CheckDuplicate` deprecated', 'CheckDuplicate'],
      ['connecting to a network: errors found early', 'POST /networks/{id}/connect 400'],
      ['`Seccomp` and `AppArmor` of services', 'Privileges'],
      ['container-wide `MacAddress` deprecated', 'ContainerConfig.MacAddress'],
      ['`Networks` of services deprecated', 'ServiceSpec.Networks'],
      ['`Container`, `ContainerConfig` of images deprecated', 'ImageInspect: deprecated'],
      ['`status` of runtimes', 'Runtime.status'],
      ['`DNSNames`', 'EndpointSettings.DNSNames'],
      ['five members of `NetworkSettings` deprecated', 'NetworkSettings: deprecated'],
      ['`Created` left out when not known', 'ImageInspect.Created'],
    ],
    unseen: ['400 for bad `IPAMConfig`', 'several `EndpointSettings`', '`Aliases` and the short id'],
    claims: [['VirtualSize', 'left out of answers, as the changelog says']],
  },
  {
    version: '1.46',
    items: [
      ['`Containerd`', 'SystemInfo.Containerd'],
      ['annotations in the container list', 'HostConfig.Annotations'],
      ['push: `platform`', 'POST /images/{name}/push query platform'],
      ['containers: options of tmpfs mounts', 'TmpfsOptions.Options'],
      ['services: options of tmpfs mounts', 'TmpfsOptions.Options'],
      ['event `create` of images', 'GET /events'],
      ['twelve members of image configurations deprecated', 'ImageConfig: deprecated'],
      ['`OomScoreAdj` of services', 'OomScoreAdj'],
    ],
    unseen: ['sysctls in `DriverOpts`'],
    claims: [],
  },
  {
    version: '1.48',
    items: [
      ['`error` and `progress` of streams deprecated', 'error, progress'],
      ['`BridgeNfIptables`, `BridgeNfIp6tables` deprecated', 'BridgeNfIptables'],
      ['`keep-storage` deprecated', 'keep-storage: is deprecated'],
      ['history: `platform`', 'GET /images/{name}/history query platform'],
      ['load and get: `platform`', 'POST /images/load query platform'],
      ['mounts of images', 'Mount.ImageOptions'],
      ['`Expected` of commits deprecated', 'Commit.Expected'],
      ['`Descriptor` of images', 'ImageSummary.Descriptor'],
      ['`Manifests` of an image', 'Manifests'],
      ['`ImageManifestDescriptor` of a container', 'GET /containers/{id}/json 200 ImageManifestDescriptor'],
      ['`GwPriority` in requests', 'EndpointSettings.GwPriority'],
      ['`GwPriority` in the container list', 'EndpointSettings.GwPriority'],
      ['three parameters of pruning builds', 'query reserved-space'],
      ['`ImageManifestDescriptor` in the container list', 'ContainerSummary.ImageManifestDescriptor'],
    ],
    unseen: [
      'a warning about `VolumeDriver`',
      'sysctls and `DriverOpts`',
      '`EnableIPv4`, in the file of 1.47 already',
      'non-distributable artifacts, deprecated in the file of 1.47 already',
      'debug endpoints',
    ],
    claims: [],
  },
  {
    version: '1.52',
    items: [
      ['get: several platforms', 'GET /images/{name}/get query platform'],
      ['load: several platforms', 'POST /images/load query platform'],
      ['`Status` of networks', 'NetworkInspect: new properties: Services, Status'],
      ['fourteen members of `NetworkSettings` gone', 'NetworkSettings: no longer has'],
      ['`Parent`, `DockerVersion` of images left out', 'ImageInspect: no longer has'],
      ['`KernelMemoryTCP` of containers gone', 'Resources.KernelMemoryTCP'],
      ['`KernelMemoryTCP` of the engine gone', 'SystemInfo.KernelMemoryTCP'],
      ['events: media types', 'GET /events 200'],
      ['container-wide `MacAddress` gone', 'ContainerConfig.MacAddress'],
      ...(['list', 'one', 'creation', 'update'] as const).map(
        (what): Item => [`services, ${what}: \`SwapBytes\`, \`MemorySwappiness\``, 'TaskSpec.Resources'],
      ),
      ...(['list', 'one'] as const).map(
        (what): Item => [`tasks, ${what}: \`SwapBytes\`, \`MemorySwappiness\``, 'TaskSpec.Resources'],
      ),
      ['`os_type` of statistics', 'ContainerStatsResponse.os_type'],
      ['disk usage by type', 'GET /system/df 200: new properties'],
      ['disk usage: old members gone', 'GET /system/df 200: no longer has'],
    ],
    unseen: [
      'three members of events',
      'empty port bindings',
      '`Config` of images and containers',
      '`Comment`, `Author` left out: hints',
    ],
    claims: [
      ['GET /events 200', 'a client that asks for nothing gets JSON lines under another media type'],
      [
        'GET /system/df 200',
        'taken out of the description and announced; by the changelog, 1.52 still sends them without `verbose`, later versions do not',
      ],
      ['KernelMemoryTCP', 'taken out of answers'],
      ['ContainerConfig.MacAddress', 'taken out of answers, and without effect in requests'],
      ['NetworkSettings', 'taken out of answers'],
      ['ImageInspect', 'always there before, left out when empty now'],
      ['Network.Containers', 'taken out of the list of networks'],
      ['Plugin.Config.DockerVersion', 'taken out of answers'],
    ],
  },
  {
    version: '1.53',
    items: [
      ['`NRI`', 'SystemInfo.NRI'],
      ['events: JSON lines', 'GET /events 200'],
      ['`Identity` of images', 'ImageInspect.Identity'],
      ['`POST /session` deprecated', 'POST /session'],
    ],
    unseen: ['`POST /grpc`, which the description lacks'],
    claims: [],
  },
  {
    version: '1.55',
    items: [['attestations of images', 'GET /images/{name}/attestations']],
    unseen: ['block I/O of `POST /containers/{id}/update`'],
    claims: [],
  },
];
