/** An HTTP answer from somebody who is not trusted: it is given up at its limit, however much is still to come. */
import { type Bytes, concatBytes } from './bytes.ts';
import { AppError } from './errors.ts';

/** @throws AppError 'too-large', with `what` in its sentence; whatever reading throws */
export async function readBody({ body }: Response, maxBytes: number, what: string): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part?.value) return concatBytes(parts);
    parts.push(part.value);
    bytes += part.value.length;
    if (bytes <= maxBytes) continue;
    await reader?.cancel();
    throw new AppError('too-large', `${what} has more than ${maxBytes} bytes`);
  }
}
