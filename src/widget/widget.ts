/** The loader, dist/widget.js: `<script type="module" src="https://HOST/widget.js"></script>`. */
import { define } from './define.ts';

const here = import.meta.url;
define(new URL('./', here).href);

export { TileworkContribute } from './element.ts';
