/** Where the daemon answers in networks of users. */
export const daemonResolver = '127.0.0.11';

/** What the simulated machine asks for addresses: an address of TEST-NET-1, where nobody answers. */
export const machineResolver = '192.0.2.53';
