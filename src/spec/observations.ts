/** Members that left the description before or after daemons stopped sending them. */

/** An observation about members of responses. */
export interface Observation {
  /** Places, as for `factAt`. */
  readonly places: readonly string[];
  /** First API version without the members on the wire. */
  readonly absentSince?: string;
  /** Last API version with the members on the wire. */
  readonly sentIn?: string;
  /** The basis: upstream's changelog, or a recording of a daemon. */
  readonly source: string;
}

/** All observations. */
export const observations: readonly Observation[] = [
  {
    places: ['ImageInspect.VirtualSize', 'ImageSummary.VirtualSize'],
    absentSince: '1.44',
    source: 'changelog',
  },
  { places: ['BuildCache.Parent'], absentSince: '1.42', source: 'changelog' },
  { places: ['Plugin.Config.DockerVersion'], absentSince: '1.51', source: 'changelog' },
  {
    places: ['SystemInfo.BridgeNfIptables', 'SystemInfo.BridgeNfIp6tables'],
    absentSince: '1.50',
    source: 'changelog',
  },
  {
    places: ['ImageInspect.Parent', 'ImageInspect.DockerVersion'],
    sentIn: '1.52',
    source: 'changelog: omitted if empty',
  },
  {
    places: ['LayersSize', 'Images', 'Containers', 'Volumes', 'BuildCache'].map((name) => `GET /system/df 200.${name}`),
    sentIn: '1.52',
    source: 'changelog: unless `verbose`',
  },
];
