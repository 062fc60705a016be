export { catalogue } from './catalogue.js';
export { loadDeviations } from './deviations.js';
export { type FeatureName, featureNames } from './features.js';
export { everything, matches, type Selection } from './plan.js';
export { type ProfileName, profileNames } from './profiles.js';
export { exitCode, makeReport, type Report } from './report/model.js';
export { type RunOptions, type RunOutcome, run } from './runner.js';
export { DescriptionValidator } from './schema-validator.js';
export { isVersion } from './version.js';
