/** Expressions that the types must accept, and expressions that they must reject. Compiled by test/spec/types.test.ts. */
import type {
  AttestationProperties,
  AttestationStatement,
  ImageManifestSummary,
  OCIDescriptor,
  OperationAnswer,
  OperationBody,
  OperationPath,
  OperationQuery,
} from 'attestd/types';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Optional<T, K extends keyof T> = Record<never, never> extends Pick<T, K> ? true : false;
type Nullable<T> = null extends T ? true : false;
const holds = <T extends true>(): T => true as T;
const fails = <T extends false>(): T => false as T;

// Required, optional and nullable as the description says.
fails<Optional<AttestationStatement, 'Descriptor'>>();
fails<Optional<AttestationStatement, 'PredicateType'>>();
holds<Optional<AttestationStatement, 'Statement'>>();
holds<Equal<AttestationStatement['Descriptor'], OCIDescriptor>>();
holds<Equal<AttestationStatement['Statement'], unknown>>();
fails<Optional<AttestationProperties, 'For'>>();
holds<Optional<AttestationProperties, 'Statements'>>();
holds<Equal<AttestationProperties['Statements'], Record<string, unknown>[] | undefined>>();
fails<Nullable<AttestationProperties['Statements']>>();
holds<Equal<ImageManifestSummary['Kind'], 'image' | 'attestation' | 'unknown'>>();
holds<Optional<ImageManifestSummary, 'AttestationData'>>();
fails<Nullable<ImageManifestSummary['AttestationData']>>();
holds<Nullable<NonNullable<ImageManifestSummary['ImageData']>['Containers']>>();

// @ts-expect-error a predicate type is required
export const incomplete: AttestationStatement = { Descriptor: {} };
// @ts-expect-error a kind is one of three
export const kind: ImageManifestSummary['Kind'] = 'signature';
// @ts-expect-error statements are objects, not their text
export const text: AttestationProperties = { For: 'sha256:00', Statements: ['{}'] };

// Types by operation.
const query: OperationQuery<'ImageList'> = { all: true };
const path: OperationPath<'ImageInspect'> = { name: 'alpine' };
const body: OperationBody<'ContainerUpdate'> = { Memory: 1 };
const none: OperationBody<'ImageList'> extends never ? true : false = true;
const answer = {} as OperationAnswer<'ImageInspect'>;
const identifier: string = answer.Id;
const failure: OperationAnswer<'ImageInspect', 404> = { message: 'no such image' };
// @ts-expect-error the operation has no such parameter
const wrong: OperationQuery<'ImageList'> = { every: true };

export { body, failure, identifier, none, path, query, wrong };
