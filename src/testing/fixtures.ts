/** Images to test with: built in code, or packaged (docs/guides/test-a-client.md). */

export { type Scenario, type ScenarioName, scenarios } from '../generated/scenarios.js';
export { AttestdError, type ErrorCode } from '../support/foundation/errors.js';
export type { BuiltPlatform } from './build.js';
export { ImageBuilder, image } from './image.js';
export type { LayerFile, LayerFiles } from './layer.js';
export type { ContainerConfig, ImagePart } from './plan.js';
export { type SigningKey, signingKey } from './signing.js';
export { predicateTypes } from './statements.js';
