import { AttestdError } from '../../../support/foundation/errors.js';

/** Capabilities of Linux 6, without `CAP_`. */
const known = new Set(
  (
    'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER ' +
    'FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE ' +
    'NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE ' +
    'SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM'
  ).split(' '),
);

/**
 * Check the names of capabilities: in any case, with or without `CAP_`, or ALL.
 *
 * @param where `CapAdd` or `CapDrop`
 * @throws INVALID_ARGUMENT naming the first that is unknown
 */
export function checkCapabilities(names: readonly string[], where: string): void {
  for (const name of names) {
    const plain = name.toUpperCase().replace(/^CAP_/, '');
    if (plain === 'ALL' || known.has(plain)) continue;
    throw new AttestdError('INVALID_ARGUMENT', `invalid ${where}: unknown capability: "CAP_${plain}"`);
  }
}
