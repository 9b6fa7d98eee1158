/** `/docs`: the API's document for people, as HTML without a script. Everything from the document is escaped. */
import { INTERNAL, PROBLEM_KINDS } from './problem-kinds.ts';

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

/** @param document - OpenAPI 3.1, as @fastify/swagger makes it */
export function docsPage(document: Json): string {
  const info = objectOf(document['info']);
  const operations = operationsOf(document);
  const used = new Set(operations.flatMap(({ about }) => about['tags']));
  const tags = listOf(document['tags']).filter(({ name }) => used.has(name));
  const schemas = Object.entries(objectOf(objectOf(document['components'])['schemas']));
  const title = textOf(info['title']);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs.css">
</head>
<body>
<header><a href="./">${title}</a> <a href="v1/openapi.json">openapi.json</a></header>
<main>
<h1>The API</h1>
${paragraphs(info['description'])}
<nav aria-label="Sections"><ul>${tags.map((tag) => `<li><a href="#${idOf(tag['name'])}">${textOf(tag['name'])}</a></li>`).join('')}
<li><a href="#schemas">Schemas</a></li><li><a href="#problems">Problems</a></li></ul></nav>
${tags.map((tag) => section(tag, operations)).join('\n')}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => schemaPart(name, objectOf(schema))).join('\n')}
</section>
<section aria-labelledby="problems"><h2 id="problems">Problems</h2>
<p>Every error is a problem document (RFC 9457): its <code>detail</code> says what to change, its <code>code</code> is for programs, and its <code>type</code> leads here.</p>
${Object.entries({ ...PROBLEM_KINDS, internal: INTERNAL })
  .map(problemPart)
  .join('\n')}
</section>
</main>
</body>
</html>
`;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly about: Json;
}

function operationsOf(document: Json): Operation[] {
  return Object.entries(objectOf(document['paths'])).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const found = objectOf(item)[method];
      return found === undefined ? [] : [{ method, path, about: objectOf(found) }];
    }),
  );
}

function section(tag: Json, operations: readonly Operation[]): string {
  const mine = operations.filter(({ about }) =>
    (about['tags'] as unknown[] | undefined)?.includes(tag['name']),
  );
  const id = idOf(tag['name']);
  return `<section aria-labelledby="${id}"><h2 id="${id}">${textOf(tag['name'])}</h2>
${paragraphs(tag['description'])}
${mine.map(operationPart).join('\n')}
</section>`;
}

function operationPart({ method, path, about }: Operation): string {
  const parameters = listOf(about['parameters']);
  const body = objectOf(objectOf(about['requestBody'])['content']);
  const answers = Object.entries(objectOf(about['responses']));
  const id = idOf(`${method} ${path}`);
  return `<article aria-labelledby="${id}"><h3 id="${id}"><code><b>${escape(method.toUpperCase())}</b> ${escape(path)}</code></h3>
<p>${textOf(about['summary'])}</p>
${paragraphs(about['description'])}
${parameters.length === 0 ? '' : table(['Parameter', 'Where', 'What'], parameters.map(parameterRow))}
${Object.keys(body).length === 0 ? '' : table(['Body', 'What'], Object.entries(body).map(mediaRow))}
${table(['Answer', 'What'], answers.map(answerRow))}
</article>`;
}

function parameterRow(parameter: Json): string[] {
  const required = parameter['required'] === true && parameter['in'] !== 'path' ? ', required' : '';
  const schema = objectOf(parameter['schema']);
  const what = [typeOf(schema), textOf(parameter['description'] ?? schema['description'])];
  return [code(parameter['name']), `${textOf(parameter['in'])}${required}`, joined(what)];
}

function mediaRow([type, media]: [string, unknown]): string[] {
  const schema = objectOf(objectOf(media)['schema']);
  const fields = Object.entries(objectOf(schema['properties']));
  if (fields.length === 0) return [code(type), joined([typeOf(schema), textOf(schema['description'])])];
  const required = new Set(schema['required'] as string[] | undefined);
  const items = fields.map(([name, field]) => {
    const one = objectOf(field);
    const must = required.has(name) ? 'required' : '';
    return `<li>${joined([code(name), typeOf(one), must, textOf(one['description'])])}</li>`;
  });
  return [code(type), `<ul>${items.join('')}</ul>`];
}

function answerRow([status, answer]: [string, unknown]): string[] {
  const { description, content } = objectOf(answer);
  const types = Object.entries(objectOf(content)).map(([type, media]) => {
    const schema = objectOf(objectOf(media)['schema']);
    if (type === 'application/problem+json') return '';
    return type === 'application/json' ? typeOf(schema) : code(type);
  });
  // A name alone says the same as the link to it.
  const name = textOf(description).replace(/^A list of /, '');
  const words = types.some((type) => type.includes(`>${name}<`)) ? '' : textOf(description);
  return [status === 'default' ? 'else' : escape(status), joined([...types, words])];
}

function schemaPart(name: string, schema: Json): string {
  const required = new Set(schema['required'] as string[] | undefined);
  const rows = Object.entries(objectOf(schema['properties'])).map(([field, one]) => {
    const about = objectOf(one);
    const maybe = required.has(field) ? '' : 'may be absent';
    return [code(field), joined([typeOf(about), maybe, textOf(about['description'])])];
  });
  const id = `schema-${idOf(name)}`;
  return `<article aria-labelledby="${id}"><h3 id="${id}">${escape(name)}</h3><p>${textOf(schema['description'])}</p>
${table(['Field', 'What'], rows)}</article>`;
}

function problemPart([name, { status, title, advice }]: [string, typeof INTERNAL]): string {
  const id = `problem-${idOf(name)}`;
  return `<article aria-labelledby="${id}"><h3 id="${id}"><code>${escape(name)}</code> · ${status}</h3><p>${escape(title)}. ${escape(advice)}</p></article>`;
}

function typeOf(schema: Json): string {
  const ref = schema['$ref'];
  if (typeof ref === 'string') {
    const name = ref.slice(ref.lastIndexOf('/') + 1);
    return `<a href="#schema-${idOf(name)}">${escape(name)}</a>`;
  }
  const either = listOf(schema['anyOf']);
  if (either.length > 0) return either.map(typeOf).join(' or ');
  const values = schema['enum'];
  if (Array.isArray(values)) return values.map((value) => code(value)).join(', ');
  if (schema['type'] === 'array') return `list of ${typeOf(objectOf(schema['items']))}`;
  const types = [schema['type']].flat().filter((type) => type !== undefined);
  const form = typeof schema['format'] === 'string' ? ` (${escape(schema['format'])})` : '';
  return `${types.map(textOf).join(' or ') || 'anything'}${form}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${escape(text)}</th>`).join('');
  const lines = rows.map(
    ([first = '', ...rest]) =>
      `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

function paragraphs(value: unknown): string {
  const parts = typeof value === 'string' ? value.split(/\n\n+/) : [];
  return parts.map((part) => `<p>${escape(part)}</p>`).join('\n');
}

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(' · ');
const code = (value: unknown): string => `<code>${textOf(value)}</code>`;
const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

function idOf(value: unknown): string {
  return (typeof value === 'string' ? value : '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? escape(String(value))
    : '';
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
