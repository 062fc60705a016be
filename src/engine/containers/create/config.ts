import { type Healthcheck, healthcheckType } from '../../../oci/image-config.js';
import {
  embedded,
  type Fields,
  type GoType,
  goBool,
  goInt,
  goString,
  map,
  pointer,
  slice,
  struct,
} from '../../../support/go/json.js';
import { type NetworkingConfig, networkingConfigType } from '../../networks/endpoint.js';
import { portSetType } from '../../networks/port.js';
import { type HostConfig, hostConfigType } from './host-config.js';

/** The runtime configuration of a container or image (`container.Config`). */
export interface ContainerConfig {
  Hostname: string;
  Domainname: string;
  User: string;
  AttachStdin: boolean;
  AttachStdout: boolean;
  AttachStderr: boolean;
  ExposedPorts?: Record<string, object>;
  Tty: boolean;
  OpenStdin: boolean;
  StdinOnce: boolean;
  Env: string[] | undefined;
  Cmd: string[] | undefined;
  Healthcheck?: Healthcheck;
  ArgsEscaped?: boolean;
  Image: string;
  Volumes: Record<string, object> | undefined;
  WorkingDir: string;
  Entrypoint: string[] | undefined;
  NetworkDisabled?: boolean;
  OnBuild?: string[];
  Labels: Record<string, string> | undefined;
  StopSignal?: string;
  /** Seconds. */
  StopTimeout?: number;
  Shell?: string[];
}

/** The members of a container configuration in a create request. */
export const configFields: Fields<ContainerConfig> = {
  Hostname: goString,
  Domainname: goString,
  User: goString,
  AttachStdin: goBool,
  AttachStdout: goBool,
  AttachStderr: goBool,
  'ExposedPorts?': portSetType,
  Tty: goBool,
  OpenStdin: goBool,
  StdinOnce: goBool,
  Env: slice(goString),
  Cmd: slice(goString),
  'Healthcheck?': pointer(healthcheckType),
  'ArgsEscaped?': goBool,
  Image: goString,
  Volumes: map(struct<object>('struct {}', {})),
  WorkingDir: goString,
  Entrypoint: slice(goString),
  'NetworkDisabled?': goBool,
  'OnBuild?': slice(goString),
  Labels: map(goString),
  'StopSignal?': goString,
  'StopTimeout?': pointer(goInt),
  'Shell?': slice(goString),
};

/** container.Config */
export const containerConfigType: GoType<ContainerConfig> = struct<ContainerConfig>('container.Config', configFields);

/** Body of `POST /containers/create`. */
export interface CreateRequest extends ContainerConfig {
  HostConfig?: HostConfig;
  NetworkingConfig?: NetworkingConfig;
}

/** container.CreateRequest */
export const createRequestType: GoType<CreateRequest | undefined> = pointer(
  struct<CreateRequest>('container.CreateRequest', {
    ...embedded('Config', configFields),
    'HostConfig?': pointer(hostConfigType),
    'NetworkingConfig?': pointer(networkingConfigType),
  }),
);
