import { type GoType, goInt, named, struct } from '../../../support/go/json.js';

/** The restart policy of a container. */
export interface RestartPolicy {
  Name: string;
  MaximumRetryCount: number;
}

/** container.RestartPolicy */
export const restartPolicyType: GoType<RestartPolicy> = struct<RestartPolicy>('container.RestartPolicy', {
  Name: named('container.RestartPolicyMode'),
  MaximumRetryCount: goInt,
});
