/** Every kind of problem that HTTP answers with: its status, its title, and what to do about it, for /docs. */
import type { ErrorCode } from '../core/errors.ts';

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For people who look the type up. */
  readonly advice: string;
}

/** Codes that are not here are the coordinator's own trouble: 500. */
export const PROBLEM_KINDS: Readonly<Partial<Record<ErrorCode, ProblemKind>>> = {
  'bad-input': {
    status: 400,
    title: 'The request cannot be used as it is',
    advice: 'The detail names the field and what it has to be. Change it and send the request again.',
  },
  'bad-file': {
    status: 400,
    title: 'The file is not a matrix that can be read',
    advice:
      'Send .npy (formats 1.0 to 3.0) of int8, float16, float32 or float64, or one tensor of a .safetensors file. A file that is shorter or longer than its header says is refused; write it anew.',
  },
  'non-finite': {
    status: 400,
    title: 'Not every number is finite',
    advice:
      'The detail names the first NaN or infinity, or says that sums could pass the range of float32. Replace the value, or scale the operands down.',
  },
  'k-too-large': {
    status: 400,
    title: 'K is too large',
    advice: 'int8 products are exact up to K = 131,071. Split K, and add the partial products.',
  },
  'shape-mismatch': {
    status: 400,
    title: 'The operands do not fit',
    advice: 'A and B must have one type and one K. An array that is K × N is uploaded with side=transpose.',
  },
  unauthorized: {
    status: 401,
    title: 'A token is needed',
    advice:
      'Send Authorization: Bearer TOKEN. The operator hands tokens out: tilework token create. One that was revoked or has expired is answered in the same way.',
  },
  'no-credit': {
    status: 402,
    title: 'The account does not hold what this costs',
    advice: 'Submit something smaller, cancel a job whose rest is reserved, or ask the operator for a grant.',
  },
  forbidden: {
    status: 403,
    title: 'This token, or this address, may not do that',
    advice:
      'The detail names the scope that is needed. Operator routes answer the coordinator’s own machine, and addresses of --operate-from.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    advice:
      'What belongs to somebody else is answered as if it were not there. Look at the list of your own.',
  },
  timeout: {
    status: 408,
    title: 'It took too long',
    advice: 'Uploads must keep above 4 KiB a second; on a poor link, send the file in parts: /v1/uploads.',
  },
  conflict: {
    status: 409,
    title: 'The state does not allow this',
    advice: 'The detail says what the state is and what would have to happen first.',
  },
  gone: {
    status: 410,
    title: 'It was here, and was let go',
    advice:
      'Its owner deleted it, or it was older than the operator keeps such things. Upload it, or submit the job, again.',
  },
  'bad-version': {
    status: 412,
    title: 'Another version of the protocol is spoken here',
    advice: 'The answer’s headers name the versions that are understood.',
  },
  'too-large': {
    status: 413,
    title: 'It is larger than is taken at once',
    advice: 'The detail names the limit. Cut the matrix or the product into several.',
  },
  'bad-range': {
    status: 416,
    title: 'There is no such part of it',
    advice: 'The detail, and the header Content-Range, say how much there is.',
  },
  'key-reused': {
    status: 422,
    title: 'The Idempotency-Key stands for another request',
    advice: 'A key stands for one request for a day. Use a new one for a new request.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too much at once',
    advice: 'Wait for as many seconds as Retry-After says, and go on more slowly.',
  },
  unavailable: {
    status: 503,
    title: 'Not at the moment',
    advice:
      'The coordinator’s database is away, or it is about to restart. Send it again after Retry-After seconds.',
  },
  'no-room': {
    status: 507,
    title: 'There is no room on the coordinator’s disk',
    advice: 'Delete operands and unfinished uploads that you do not need, or try again later.',
  },
};

export const INTERNAL: ProblemKind = {
  status: 500,
  title: 'The coordinator failed',
  advice: 'Nothing is wrong with the request. Its log says why; send the request again later.',
};
