import { checkAgainst, readCheckedYaml } from '../../support/foundation/checked-yaml.js';
import type { FaultPlan } from './types.js';

/** Where the schema of faults is. */
export const faultsSchemaFile = new URL('../../../schemas/faults-1.0.json', import.meta.url);

/**
 * Read faults from YAML (or JSON).
 *
 * @param text of the file
 * @param name of the file, for messages
 * @throws AttestdError INVALID_ARGUMENT that names the place and what is wrong there
 */
export function readFaults(text: string, name: string): Promise<FaultPlan> {
  return readCheckedYaml<FaultPlan>(text, name, faultsSchemaFile);
}

/**
 * Check faults that a program has, as those of a file are checked.
 *
 * @throws AttestdError INVALID_ARGUMENT
 */
export function checkFaults(plan: FaultPlan): Promise<FaultPlan> {
  return checkAgainst<FaultPlan>({ version: '1.0', ...plan }, 'faults', faultsSchemaFile);
}
