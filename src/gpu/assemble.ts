/**
 * Kernel text from WGSL files: they are joined (WGSL does not mind the order of declarations) and some of their
 * constants get other values. Real constants, not `override`s: compilers unroll loops and prove indices only
 * by what they know when they compile.
 */
import { AppError } from '../core/errors.ts';

/** @throws AppError 'internal' unless each constant is declared once, as `const NAME = <digits>u;`. */
export function assemble(texts: readonly string[], constants: Readonly<Record<string, number>>): string {
  let text = texts.join('\n');
  for (const [name, value] of Object.entries(constants)) {
    const declaration = new RegExp(`^const ${name} = \\d+u;`, 'gm');
    const found = text.match(declaration)?.length ?? 0;
    if (found !== 1) throw new AppError('internal', `the shader declares ${name} ${found} times`);
    text = text.replace(declaration, `const ${name} = ${value}u;`);
  }
  return text;
}
