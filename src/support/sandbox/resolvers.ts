/** The daemon's DNS resolver on user-defined networks. */
export const daemonResolver = '127.0.0.11';

/** The DNS resolver of the simulated host: an unreachable address of TEST-NET-1. */
export const machineResolver = '192.0.2.53';
