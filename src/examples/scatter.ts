/** Points on two axes, coloured by digit, as an SVG file that needs nothing else. Pure. */

const SIDE = 900;
const MARGIN = 60;
const LEGEND = 90;

/** Ten hues of about equal lightness, told apart on white. */
const COLOURS = [
  '#3366cc',
  '#dc3912',
  '#e0a100',
  '#109618',
  '#990099',
  '#0099c6',
  '#dd4477',
  '#66aa00',
  '#8b4513',
  '#555555',
] as const;

/** @param labels - 0 to 9, one for each point */
export function scatterSvg(
  x: Float64Array,
  y: Float64Array,
  labels: readonly number[],
  title: string,
): string {
  const [left, right] = extent(x);
  const [low, high] = extent(y);
  const across = (value: number): string =>
    (MARGIN + ((value - left) / (right - left)) * (SIDE - 2 * MARGIN)).toFixed(1);
  const up = (value: number): string =>
    (SIDE - MARGIN - ((value - low) / (high - low)) * (SIDE - 2 * MARGIN)).toFixed(1);
  // One path a digit: a dot is a line of no length with a round end, half the bytes of a circle.
  const dots = COLOURS.map((colour, digit) => {
    const marks = labels.flatMap((label, i) => (label === digit ? [`M${across(x[i]!)} ${up(y[i]!)}h0`] : []));
    return `<path d="${marks.join('')}" stroke="${colour}"/>`;
  });
  const legend = COLOURS.map((colour, digit) => {
    const at = MARGIN + 28 * digit;
    return `<circle cx="${SIDE + 20}" cy="${at}" r="8" fill="${colour}"/><text x="${SIDE + 38}" y="${at + 6}">${digit}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE + LEGEND} ${SIDE}" font-family="sans-serif" font-size="18">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${MARGIN / 2}" y="34" font-size="22">${title}</text>
<rect x="${MARGIN / 2}" y="${MARGIN - 12}" width="${SIDE - MARGIN}" height="${SIDE - 1.5 * MARGIN + 12}" fill="none" stroke="#bbb"/>
<g fill="none" stroke-width="4" stroke-linecap="round" stroke-opacity="0.6">
${dots.join('\n')}
</g>
${legend.join('\n')}
<text x="${SIDE / 2}" y="${SIDE - 12}" text-anchor="middle" fill="#555">first component</text>
<text transform="translate(20 ${SIDE / 2}) rotate(-90)" text-anchor="middle" fill="#555">second component</text>
</svg>
`;
}

function extent(values: Float64Array): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > least ? [least, most] : [least - 1, least + 1];
}
