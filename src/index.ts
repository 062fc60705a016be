export { AttestdError, type ErrorCode, errorKinds } from './errors.js';
