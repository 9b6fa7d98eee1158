// Loop: a workgroup computes a tile of TILE x TILE results, 8 x 8 a thread. Slabs of 16 words of K go through
// workgroup memory, transposed on the way: a vec4 there holds one word of four rows. While a slab is being
// multiplied, the next one is already on its way into registers.
//
// A thread's 8 rows are two runs of 4, TILE / 2 apart, and so are its columns, so that neighbours read
// neighbouring vec4s; in a subgroup of 32, 8 threads share a row and 4 a column. Runs are stored XORed with twice
// their vec4 of K: the threads that fetch the four vec4s of a row then write to different banks too.

alias Operand = vec4<u32>;
alias Result = vec4<Sum>;

const TILE = 128u;
const SIDE = TILE / 8u; // threads along a side
const THREADS = SIDE * SIDE;
const RUNS = TILE / 4u; // runs of four rows in a tile
const SLAB_VECS = 4u; // vec4s of K in a slab
const SLAB = 4u * SLAB_VECS * RUNS; // vec4s of one operand in a slab: 8 KiB for a tile of 128
const TASKS = RUNS * SLAB_VECS; // transpositions of 4 rows x 4 words that fill the slab of one operand

var<workgroup> slab: array<vec4<u32>, 2u * SLAB>; // A, then B

// One vec4 of K of four rows.
struct Quad {
  r0: vec4<u32>,
  r1: vec4<u32>,
  r2: vec4<u32>,
  r3: vec4<u32>,
}

// The quad of a task at vec4 `k` of the pair's rows: of A for the first TASKS tasks, then of B.
fn fetch(task: u32, tile: Tile, pair: vec4<u32>, k: u32) -> Quad {
  let run = (task & (TASKS - 1u)) / SLAB_VECS;
  let vec = k + task % SLAB_VECS;
  let vecs = pair.z;
  if (vec >= vecs) {
    return Quad();
  }
  if (task < TASKS) {
    let a = pair.x * PAGE_VECS + (tile.row + run * 4u) * vecs + vec;
    return Quad(arenaA[a], arenaA[a + vecs], arenaA[a + 2u * vecs], arenaA[a + 3u * vecs]);
  }
  let b = pair.y * PAGE_VECS + (tile.column + run * 4u) * vecs + vec;
  return Quad(arenaB[b], arenaB[b + vecs], arenaB[b + 2u * vecs], arenaB[b + 3u * vecs]);
}

// Where the first word of a run at vec4 `vec` of the slab is; the other three follow, RUNS apart.
fn slot(run: u32, vec: u32) -> u32 {
  return vec * 4u * RUNS + ((run ^ (2u * vec)) & (RUNS - 1u));
}

fn keep(task: u32, q: Quad) {
  let at = (task / TASKS) * SLAB + slot((task & (TASKS - 1u)) / SLAB_VECS, task % SLAB_VECS);
  slab[at] = vec4<u32>(q.r0.x, q.r1.x, q.r2.x, q.r3.x);
  slab[at + RUNS] = vec4<u32>(q.r0.y, q.r1.y, q.r2.y, q.r3.y);
  slab[at + 2u * RUNS] = vec4<u32>(q.r0.z, q.r1.z, q.r2.z, q.r3.z);
  slab[at + 3u * RUNS] = vec4<u32>(q.r0.w, q.r1.w, q.r2.w, q.r3.w);
}

fn addRow(at: u32, left: vec4<Part>, right: vec4<Part>) {
  results[at] += total(left);
  results[at + TILE / 8u] += total(right);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tileOf(group.x);
  // Subgroups of 32 are 4 rows x 8 columns of threads.
  let x = thread % 8u + 8u * ((thread / 32u) % (SIDE / 8u));
  let y = (thread / 8u) % 4u + 4u * (thread / (4u * SIDE));
  let at = resultAt(tile.page, tile.row + y * 4u, tile.column + x * 4u);
  let lower = at + (TILE / 2u) * RESULT_ROW_VECS;

  // c[2 * i] and c[2 * i + 1]: columns of the left and the right run, of row i; rows 4 to 7 are the lower run.
  var c = array<vec4<Part>, 16>();
  var p = tile.firstPair + params.pairFrom;
  let end = tile.firstPair + params.pairTo;
  var k = 0u;
  var pair = pairs[p];
  var q0 = fetch(thread, tile, pair, 0u);
  var q1 = Quad();
  if (THREADS < 2u * TASKS) {
    q1 = fetch(thread + THREADS, tile, pair, 0u);
  }
  loop {
    keep(thread, q0);
    if (THREADS < 2u * TASKS) {
      keep(thread + THREADS, q1);
    }
    workgroupBarrier();

    k += SLAB_VECS;
    let ended = k >= pair.z;
    if (ended) {
      k = 0u;
      p++;
    }
    if (p < end) {
      pair = pairs[p];
      q0 = fetch(thread, tile, pair, k);
      if (THREADS < 2u * TASKS) {
        q1 = fetch(thread + THREADS, tile, pair, k);
      }
    }

    for (var vec = 0u; vec < SLAB_VECS; vec++) {
      let up = slot(y, vec);
      let low = slot(y + RUNS / 2u, vec);
      let left = SLAB + slot(x, vec);
      let right = SLAB + slot(x + RUNS / 2u, vec);
      for (var word = 0u; word < 4u; word++) {
        let a0 = slab[up + word * RUNS];
        let a1 = slab[low + word * RUNS];
        let b0 = slab[left + word * RUNS];
        let b1 = slab[right + word * RUNS];
        c[0] = addWord(c[0], a0.x, b0);
        c[1] = addWord(c[1], a0.x, b1);
        c[2] = addWord(c[2], a0.y, b0);
        c[3] = addWord(c[3], a0.y, b1);
        c[4] = addWord(c[4], a0.z, b0);
        c[5] = addWord(c[5], a0.z, b1);
        c[6] = addWord(c[6], a0.w, b0);
        c[7] = addWord(c[7], a0.w, b1);
        c[8] = addWord(c[8], a1.x, b0);
        c[9] = addWord(c[9], a1.x, b1);
        c[10] = addWord(c[10], a1.y, b0);
        c[11] = addWord(c[11], a1.y, b1);
        c[12] = addWord(c[12], a1.z, b0);
        c[13] = addWord(c[13], a1.z, b1);
        c[14] = addWord(c[14], a1.w, b0);
        c[15] = addWord(c[15], a1.w, b1);
      }
    }
    workgroupBarrier();

    if (p == end || (WINDOWED && ended)) {
      addRow(at, c[0], c[1]);
      addRow(at + RESULT_ROW_VECS, c[2], c[3]);
      addRow(at + 2u * RESULT_ROW_VECS, c[4], c[5]);
      addRow(at + 3u * RESULT_ROW_VECS, c[6], c[7]);
      addRow(lower, c[8], c[9]);
      addRow(lower + RESULT_ROW_VECS, c[10], c[11]);
      addRow(lower + 2u * RESULT_ROW_VECS, c[12], c[13]);
      addRow(lower + 3u * RESULT_ROW_VECS, c[14], c[15]);
      c = array<vec4<Part>, 16>();
    }
    if (p == end) {
      break;
    }
  }
}
