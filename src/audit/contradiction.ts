/** What an audit ends with when something does not hold: named, and with both sides of it. */

export type ContradictionKind =
  // The log as a whole.
  | 'checkpoint-missing'
  | 'checkpoint-form' // not a signed note of a log
  | 'checkpoint-key' // the checkpoint, or a receipt, is signed by another key than was pinned
  | 'checkpoint-signature'
  | 'checkpoint-origin' // another log than the one that was audited before
  | 'log-shrank' // shorter than a checkpoint that was signed before
  | 'log-forked' // another root at the size of a checkpoint that was signed before
  | 'root-mismatch' // the entries do not hash to the checkpoint's root
  | 'tile-missing'
  | 'tile-mismatch'
  | 'bundle-missing'
  | 'bundle-form'
  // One entry.
  | 'entry-form'
  | 'receipt-form'
  | 'lease-form'
  | 'result-form'
  | 'receipt-signer'
  | 'lease-signer'
  | 'result-signer'
  | 'receipt-signature'
  | 'lease-signature'
  | 'result-signature'
  | 'log-index'
  | 'lease-binding' // the result answers another lease, or the receipt is for another one
  | 'result-binding' // the receipt is for another result
  | 'lease-id'
  | 'job'
  | 'contributor'
  // The books.
  | 'lease-credited-twice'
  | 'cell-credited-twice'
  | 'job-operands' // one job over two pairs of operands
  | 'outside-product' // a rectangle with cells that C does not have
  | 'multiply-adds'
  | 'microcredits'
  | 'balance'
  | 'weak-check' // checked with a larger chance of a miss than the coordinator promises
  // A result that was computed again.
  | 'operand-missing'
  | 'operand-form'
  | 'result-missing'
  | 'result-manifest' // the served blocks are not those that the contributor signed
  | 'block-missing'
  | 'block-hash'
  | 'result-wrong';

export class Contradiction extends Error {
  readonly kind: ContradictionKind;
  /** Of the log's entry; undefined where it is the log as a whole. */
  readonly index: number | undefined;
  /** What was checked, such as "balance of 12D3KooW…". */
  readonly subject: string;
  readonly expected: string;
  readonly found: string;

  constructor(
    kind: ContradictionKind,
    subject: string,
    { index, expected, found }: { index?: number | undefined; expected: unknown; found: unknown },
  ) {
    const where = index === undefined ? 'the log' : `entry ${index}`;
    super(`${where}: ${kind}: ${subject}: expected ${String(expected)}, found ${String(found)}`);
    this.name = 'Contradiction';
    this.kind = kind;
    this.index = index;
    this.subject = subject;
    this.expected = String(expected);
    this.found = String(found);
  }
}
