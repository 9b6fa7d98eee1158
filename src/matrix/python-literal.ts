/**
 * A total parser for the Python literals that a .npy header may hold: strings, whole numbers, True,
 * False, None, tuples, lists and dictionaries with string keys. No escapes, no expressions.
 */
import { AppError } from '../core/errors.ts';

export type Literal =
  | string
  | number
  | boolean
  | null
  | { readonly tuple: Literal[] }
  | Literal[]
  | Map<string, Literal>;

/** Structured dtypes nest; nothing that numpy writes nests deeper than its fields do. */
const MAX_DEPTH = 32;

const TOKEN =
  /[\s]*(?:([{}()[\],:])|'([^'\\\n]*)'|"([^"\\\n]*)"|(-?[0-9]{1,16})L?(?![\w.])|(True|False|None)(?!\w)|$)/y;
const CONSTANTS: Record<string, boolean | null> = { True: true, False: false, None: null };

interface Token {
  /** A punctuation mark; '' for a value; 'end' at the end of the text. */
  readonly mark: string;
  readonly value: string | number | boolean | null;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const token = new RegExp(TOKEN);
  while (true) {
    const match = token.exec(text);
    if (!match) throw new AppError('bad-file', 'the .npy header is not a Python literal');
    const [, mark, single, double, digits, word] = match;
    if (mark !== undefined) tokens.push({ mark, value: null });
    else if (digits !== undefined) tokens.push({ mark: '', value: Number(digits) });
    else if (word !== undefined) tokens.push({ mark: '', value: CONSTANTS[word]! });
    else if (single === undefined && double === undefined) return [...tokens, { mark: 'end', value: null }];
    else tokens.push({ mark: '', value: (single ?? double)! });
  }
}

/** @throws AppError 'bad-file' for anything but one literal. */
export function parsePythonLiteral(text: string): Literal {
  const parser = new Parser(tokenize(text));
  const value = parser.value(0);
  parser.expect('end');
  return value;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  expect(mark: string): void {
    if (!this.#accept(mark))
      throw new AppError('bad-file', 'the .npy header is not a well-formed Python literal');
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw new AppError('bad-file', 'the .npy header is nested too deeply');
    if (this.#accept('{')) return this.#dictionary(depth);
    if (this.#accept('[')) return this.#items(']', depth).items;
    if (this.#accept('(')) {
      const { items, comma } = this.#items(')', depth);
      return items.length === 1 && !comma ? items[0]! : { tuple: items };
    }
    const token = this.#tokens[this.#at];
    this.expect('');
    return token!.value;
  }

  #accept(mark: string): boolean {
    if (this.#tokens[this.#at]?.mark !== mark) return false;
    this.#at += 1;
    return true;
  }

  #items(end: string, depth: number): { items: Literal[]; comma: boolean } {
    const items: Literal[] = [];
    let comma = false;
    while (!this.#accept(end)) {
      items.push(this.value(depth + 1));
      comma = this.#accept(',');
      if (!comma) {
        this.expect(end);
        break;
      }
    }
    return { items, comma };
  }

  #dictionary(depth: number): Map<string, Literal> {
    const entries = new Map<string, Literal>();
    while (!this.#accept('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || entries.has(key)) {
        throw new AppError('bad-file', 'the .npy header has a key twice, or one that is not a string');
      }
      this.expect(':');
      entries.set(key, this.value(depth + 1));
      if (!this.#accept(',')) {
        this.expect('}');
        break;
      }
    }
    return entries;
  }
}
