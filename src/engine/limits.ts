// Limits of the engine. Each protects the memory, the disk or the event loop of the server, or is dockerd's.

/** Estimated bytes of an exec in addition to its configuration, charged to the object quota. */
export const execOverheadBytes = 2048;

/** Bytes of an archive collected into one chunk, so that small entries do not cost a write each. */
export const archiveChunkBytes = 64 << 10;

/** Changes computed before the event loop is yielded. */
export const maxChangesPerSlice = 1024;

/** Entries of a log block, so that rotation can drop a log in small parts. */
export const maxLogBlockEntries = 512;

/** Bytes of a log block, so that rotation can drop a log in small parts. */
export const maxLogBlockBytes = 64 * 1024;

/** Bytes of memory of all container logs, which are kept in memory and not on disk. */
export const maxLogBytes = 64 * 1024 * 1024;

/** Bytes of a log entry. Longer lines are split, as in dockerd. */
export const maxLogLineBytes = 16 * 1024;

/** Health check results kept for inspect, as in dockerd. */
export const maxHealthResults = 5;

/** Bytes kept of a health check's output, as in dockerd. */
export const maxHealthOutputBytes = 4096;

/** Longest delay before a restart in milliseconds, as in dockerd. */
export const maxRestartDelayMs = 60_000;

/** Bytes of image files in memory. Other files go to disk to bound the process's memory. */
export const maxImageMemoryBytes = 64 << 20;

/** Bytes of memory of all file and directory nodes of images. */
export const maxImageNodeBytes = 128 << 20;

/** Estimated bytes of a node of an image, charged to the node budget. */
export const imageNodeBytes = 400;

/** Estimated bytes of a name in the directory copy of a layer, charged to the node budget. */
export const copiedNameBytes = 48;

/** Layers of an image that can be mounted, as in Linux. */
export const maxImageLayers = 500;

/** Milliseconds to wait for the exit of a killed process, as in dockerd. */
export const killTimeoutMs = 10_000;

/** Estimated bytes of a container in addition to its configuration, charged to the object quota. */
export const containerOverheadBytes = 8192;

/** Estimated bytes of a container's name, charged to the object quota. */
export const containerNameBytes = 256;

/** Default bytes of image files kept for containers, in memory and on disk. */
export const defaultImageBytes = 1 << 30;

/** Default bytes of all writable layers and volumes, which are kept in memory. */
export const defaultLayerBytes = 1 << 28;

/** Events kept for subscriptions with `since`, as in dockerd. */
export const maxBufferedEvents = 256;

/** Bytes of the buffered events, because one event may contain a command of 1 MiB. */
export const maxBufferedEventBytes = 8 << 20;

/** Bytes of events queued for all subscribers, so that a slow reader cannot exhaust the memory. */
export const maxQueuedEventBytes = 32 << 20;

/** Characters of all subscribers' filters, because each event is matched against all of them. */
export const maxFilterLength = 2 << 20;

/** Blob changes kept in memory. After more changes, all images are checked again. */
export const maxBlobChanges = 50_000;

/** Characters of a label, key and value together, as in containerd. */
export const maxLabelLength = 4096;

/** Unpacked layers kept in memory. Older ones are unpacked again. */
export const maxUnpackedLayers = 10_000;

/** Subnets of a network, because each is compared with those of all networks. */
export const maxNetworkPools = 64;

/** Auxiliary addresses of a subnet, to bound the memory of a network. */
export const maxAuxiliaryAddresses = 1000;

/** Concurrent connections of one published port, to bound the open files. */
export const maxPublishedConnections = 256;

/** Published ports of all containers, because each TCP port is an open file of the server. */
export const maxPublishedPorts = 2048;

/** Estimated bytes of a network in addition to its request, charged to the object quota. */
export const networkOverheadBytes = 4096;

/** Bytes of memory of containers, networks, volumes and execs, without their files, logs and programs. */
export const maxObjectBytes = 96 << 20;

/** Bytes of a configuration read from a registry, because it is kept in memory. */
export const maxRegistryConfigBytes = 16 << 20;

/** Bytes of an error response that a message quotes. */
export const maxDownloadErrorBytes = 64 * 1024;

/** Messages queued for the reader of a stream before the sender must wait. */
export const maxQueuedMessages = 1000;

/** Characters of output queued for the reader of a stream before the sender must wait. */
export const maxQueuedOutputLength = 1 << 20;

/** Bytes of a search response, because it is parsed in memory. */
export const maxSearchResponseBytes = 16 << 20;

/** Blobs whose repositories are kept in memory for cross-repository mounts. */
export const maxBlobSources = 100_000;

/** Bytes of a read from a state file, to bound the memory of a restore. */
export const stateChunkBytes = 1 << 18;

/** Bytes of log lines queued for the disk before the container must wait. */
export const maxQueuedLogBytes = 1024 * 1024;

/** Bytes of dropped entries in a log file before it is rewritten, because a rewrite copies the rest. */
export const minLogRewriteBytes = 1024 * 1024;

/** Ended tasks kept in memory, regardless of the swarm's history limit. */
export const maxEndedTasks = 5000;

/** Ports of a service, because each is a listener that takes time to open. */
export const maxServicePorts = 1000;

/** Bytes of the specs of all tasks, because task lists repeat them. */
export const maxTaskSpecBytes = 16 * 1024 * 1024;

/** Tasks of all services without ended ones, because each runs a container in memory. */
export const maxTasks = 1000;

/** Tasks that start concurrently, so that other requests stay responsive. */
export const maxConcurrentTaskStarts = 4;

/** Characters of an expanded template, because each placeholder may be replaced by a long label. */
export const maxExpandedLength = 1 << 20;

/** Parsed version strings kept in memory, because clients may send any string. */
export const maxCachedVersions = 256;

/** Mounts of a container, because every response about it lists them. */
export const maxMounts = 4096;

/** Estimated bytes of a volume in addition to its options, charged to the object quota. */
export const volumeOverheadBytes = 2048;
