/** The named types of the Engine API, over the types generated from api/swagger.yaml. */
import type { components, operations, paths } from '../../generated/engine-api.js';

export type { components, operations, paths };

type Schemas = components['schemas'];

/** An element of the answer of `GET /images/{name}/attestations`. */
export type AttestationStatement = Schemas['AttestationStatement'];
/** What a manifest summary says of an attestation manifest: the image manifest it is for, and its statements. */
export type AttestationProperties = NonNullable<Schemas['ImageManifestSummary']['AttestationData']>;
/** What a manifest summary says of an image manifest. */
export type ImageProperties = NonNullable<Schemas['ImageManifestSummary']['ImageData']>;
/** One manifest of an image. */
export type ImageManifestSummary = Schemas['ImageManifestSummary'];
/** The answer of `GET /images/{name}/json`. */
export type ImageInspect = Schemas['ImageInspect'];
/** The configuration of an image. */
export type ImageConfig = Schemas['ImageConfig'];
/** An element of the answer of `GET /images/json`. */
export type ImageSummary = Schemas['ImageSummary'];
/** An element of the answer of `GET /images/{name}/history`. */
export type ImageHistoryItem = Schemas['ImageHistoryResponseItem'];
/** An element of the answer of `DELETE /images/{name}`. */
export type ImageDeleteResponseItem = Schemas['ImageDeleteResponseItem'];
/** Verified origin of an image. */
export type ImageIdentity = Schemas['Identity'];
/** The answer of `GET /distribution/{name}/json`. */
export type DistributionInspect = Schemas['DistributionInspect'];
/** An OCI content descriptor. */
export type OCIDescriptor = Schemas['OCIDescriptor'];
/** An OCI platform. */
export type OCIPlatform = Schemas['OCIPlatform'];
/** The answer of `GET /containers/{id}/json`. */
export type ContainerInspect = Schemas['ContainerInspectResponse'];
/** An element of the answer of `GET /containers/json`. */
export type ContainerSummary = Schemas['ContainerSummary'];
/** The answer of `GET /networks/{id}`. */
export type NetworkInspect = Schemas['NetworkInspect'];
/** An element of the answer of `GET /networks`. */
export type NetworkSummary = Schemas['NetworkSummary'];
/** A volume, as in the answers of `GET /volumes` and `GET /volumes/{name}`. */
export type Volume = Schemas['Volume'];
/** The body of an error. */
export type ErrorResponse = Schemas['ErrorResponse'];
/** A message of `GET /events`. */
export type EventMessage = Schemas['EventMessage'];
/** The answer of `GET /info`. */
export type SystemInfo = Schemas['SystemInfo'];
/** The answer of `GET /version`. */
export type SystemVersion = Schemas['SystemVersion'];
/** The answer of `GET /system/df`. */
export type SystemDataUsage = operations['SystemDataUsage']['responses']['200']['content']['application/json'];
/** The query of `GET /images/{name}/attestations`. */
export type ImageAttestationsQuery = NonNullable<operations['ImageAttestations']['parameters']['query']>;
/** The query of `GET /images/{name}/json`. */
export type ImageInspectQuery = NonNullable<operations['ImageInspect']['parameters']['query']>;
/** The query of `GET /images/json`. */
export type ImageListQuery = NonNullable<operations['ImageList']['parameters']['query']>;

/** The id of an operation, such as `ImageInspect`. */
export type OperationId = keyof operations;

/** The query parameters of an operation. */
export type OperationQuery<Id extends OperationId> = NonNullable<operations[Id]['parameters']['query']>;

/** The path parameters of an operation. */
export type OperationPath<Id extends OperationId> = NonNullable<operations[Id]['parameters']['path']>;

/** The values of all media types of a content. */
type ContentOf<T> = T extends { content: infer Content } ? Content[keyof Content] : never;

/** The request body of an operation; `never` without one. */
export type OperationBody<Id extends OperationId> = operations[Id] extends { requestBody?: infer Body }
  ? ContentOf<NonNullable<Body>>
  : never;

/** The statuses that the description has for an operation. */
export type OperationStatus<Id extends OperationId> = keyof operations[Id]['responses'];

/** The response body of an operation, for one status or for all statuses below 300. `never` without a body. */
export type OperationAnswer<
  Id extends OperationId,
  Status extends OperationStatus<Id> = Extract<OperationStatus<Id>, 200 | 201 | 202 | 204>,
> = ContentOf<operations[Id]['responses'][Status]>;
