/** The API's document: valid, complete, and what the coordinator really answers. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { docsPage } from '../../src/coordinator/docs-page.ts';
import { PROBLEM_KINDS } from '../../src/coordinator/problem-kinds.ts';
import { product, submit, upload } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { databaseForFile, doorway } from './doors-rig.ts';
import { coordinatorForFile, json, request } from './http-client.ts';

const SITE = 'https://site.example';
const home = coordinatorForFile(() => ({ embed: [SITE] }));
const database = databaseForFile();

type Json = Record<string, unknown>;
interface Operation extends Json {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security?: readonly Json[];
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Json }> }>;
}
interface ApiDocument extends Json {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Json> };
}

const documentOf = async (): Promise<ApiDocument> =>
  (await (await fetch(`${home().url}/v1/openapi.json`)).json()) as ApiDocument;
/** "/v1/jobs/:id" → "/v1/jobs/{id}". */
const inBraces = (url: string): string => url.replace(/\*$/, ':tile').replace(/:(\w+)/g, '{$1}');

describe('/v1/openapi.json', () => {
  it('is valid OpenAPI 3.1, for anybody', async () => {
    const answer = await fetch(`${home().url}/v1/openapi.json`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const { valid, errors } = await new Validator().validate((await answer.json()) as Json);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('has every route below /v1 and /log, each with a summary, its token and how it fails', async () => {
    const { app } = await doorway(database.db);
    const { paths } = app.swagger() as unknown as ApiDocument;
    const doors = app.doors.filter(({ scope, method }) => scope !== undefined && method !== 'HEAD');
    expect(doors.length).toBeGreaterThan(45);
    const shortcomings = doors.flatMap(({ method, url, scope }) => {
      const operation = paths[inBraces(url)]?.[method.toLowerCase()];
      if (!operation?.summary) return [`${method} ${url} is not described: see src/coordinator/api-doc.ts`];
      const answers = Object.keys(operation.responses);
      const whole = answers.includes('default') && answers.some((status) => status.startsWith('2'));
      const guarded = (operation.security !== undefined) === (scope !== 'public');
      return whole && guarded ? [] : [`${method} ${url} tells ${answers.join()} and ${guarded}`];
    });
    expect(shortcomings).toEqual([]);
  });

  it('names no schema that there is not, and none for nothing', async () => {
    const text = JSON.stringify(await documentOf());
    const { components } = JSON.parse(text) as ApiDocument;
    const named = Array.from(text.matchAll(/#\/components\/schemas\/(\w+)/g), ([, name]) => name);
    expect(new Set(named)).toEqual(new Set(Object.keys(components.schemas)));
  });
});

/** Every object closed: a field that a schema does not know is a field that nobody described. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, strict(value)] as const);
  const copy: Json = Object.fromEntries(entries);
  if (copy['type'] === 'object' && copy['properties'] !== undefined) copy['additionalProperties'] = false;
  return copy;
}

describe('what the coordinator answers', () => {
  let check: (method: string, path: string, answer: Response) => Promise<void>;
  let ids: { operand: string; job: string; peer: string; lease: string; token: string; upload: string };
  const seen = new Set<string>();

  beforeAll(async () => {
    const document = await documentOf();
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(strict(document) as Json, 'api');
    const templates = Object.keys(document.paths).map((path) => ({
      path,
      pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    }));
    check = async (method, path, answer) => {
      const plain = path.split('?')[0]!;
      const found =
        document.paths[plain] === undefined
          ? templates.find(({ pattern }) => pattern.test(plain))?.path
          : plain;
      const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
      const steps = [found ?? '', method, 'responses', String(answer.status)];
      const told = document.paths[steps[0]!]?.[method]?.responses[answer.status]?.content?.[type];
      if (!told)
        throw new Error(`${method} ${path} answers ${answer.status} ${type}, which is not described`);
      const pointer = ['paths', ...steps, 'content', type, 'schema']
        .map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
        .join('/');
      const validate = ajv.getSchema(`api#/${pointer}`);
      if (!validate) throw new Error(`no schema for ${pointer}`);
      const body: unknown = await answer.json();
      if (validate(body) !== true)
        throw new Error(`${method} ${path}: ${JSON.stringify(validate.errors)} of ${JSON.stringify(body)}`);
      seen.add(`${method} ${found}`);
    };
    const wanted = product('i8', 256, 256, 16);
    const { id: job } = await submit(home(), wanted, 'told');
    const worker = await Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0 } });
    const receipt = await worker.workHonestly();
    await worker.leave();
    const operand = (await upload(home(), wanted.a)).id;
    const token = await request(home(), '/v1/tokens', json({ scopes: ['read'], label: 'told' }));
    const begun = await request(home(), '/v1/uploads', { method: 'POST', headers: { 'upload-length': '9' } });
    ids = {
      operand,
      job,
      peer: worker.peerId,
      lease: (receipt as unknown as { lease: string }).lease,
      token: ((await token.clone().json()) as { id: string }).id,
      upload: ((await begun.clone().json()) as { id: string }).id,
    };
    await check('post', '/v1/tokens', token);
    await check('post', '/v1/uploads', begun);
    const asked = json({ a: operand, b: operand });
    await check('post', '/v1/jobs/estimate', await request(home(), '/v1/jobs/estimate', asked));
    const made = await request(home(), '/v1/jobs', asked);
    await check('post', '/v1/jobs', made);
    const seeded = { dtype: 'i8', rows: 3, cols: 5, seed: '7' };
    await check('post', '/v1/operands', await request(home(), '/v1/operands', json(seeded)));
    const order = { id: 'order', to: 'requester:told', microcredits: '5' };
    await check('post', '/v1/credit/grants', await request(home(), '/v1/credit/grants', json(order)));
    const moved = { id: 'move', from: 'requester:told', to: 'team:told', microcredits: '2' };
    await check('post', '/v1/credit/transfers', await request(home(), '/v1/credit/transfers', json(moved)));
    await check(
      'post',
      '/v1/sites/claims',
      await request(home(), '/v1/sites/claims', json({ origin: SITE })),
    );
  });

  it('is what the document says, field by field', async () => {
    const stranger = peerIdOf(await generateKey());
    const paths = [
      '/v1/operands',
      `/v1/operands/${ids.operand}`,
      `/v1/uploads/${ids.upload}`,
      '/v1/jobs',
      `/v1/jobs/${ids.job}`,
      `/v1/jobs/${ids.job}/result?top=2`,
      '/v1/network',
      '/v1/contributors',
      `/v1/contributors/${ids.peer}`,
      `/v1/contributors/${stranger}`,
      `/v1/contributors/${ids.peer}/statement`,
      `/v1/receipts?contributor=${ids.peer}`,
      `/v1/shards/${ids.lease}`,
      '/v1/leaderboard',
      '/v1/projects',
      '/v1/mosaic',
      `/v1/jobs/${ids.job}/mosaic`,
      `/v1/joins/${ids.peer}`,
      '/v1/credit',
      '/v1/credit/account',
      '/v1/credit/accounts/treasury%3Amint',
      '/v1/tokens',
      '/v1/operator/log',
      '/v1/operator/bans',
      '/v1/sites',
      `/v1/sites/${encodeURIComponent(SITE)}`,
    ];
    for (const path of paths) await check('get', path, await request(home(), path));
    expect(seen.size).toBe(paths.length - 1 + 8);
  });

  it.each<[string, string, RequestInit?]>([
    ['get', '/v1/jobs/none'],
    ['get', '/v1/jobs?limit=0'],
    ['get', '/v1/leaderboard?by=height'],
    ['post', '/v1/jobs', json({ a: 'x' })],
    ['get', '/v1/shards/none'],
    ['get', '/v1/tokens', { headers: { authorization: 'Bearer wrong' } }],
  ])('is a problem document where it fails: %s %s', async (method, path, init = {}) => {
    await check(method, path, await request(home(), path, init));
  });
});

describe('/docs', () => {
  it('shows every operation, schema and problem, and allows no script', async () => {
    const answer = await fetch(`${home().url}/docs`);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'; style-src 'self';/);
    expect(answer.headers.get('content-security-policy')).not.toMatch(/unsafe|script-src/);
    const html = await answer.text();
    const document = await documentOf();
    for (const name of Object.keys(document.components.schemas))
      expect(html).toContain(`id="schema-${name.toLowerCase()}"`);
    for (const code of [...Object.keys(PROBLEM_KINDS), 'internal'])
      expect(html).toContain(`id="problem-${code}"`);
    const shown = html.match(/<h3 id="[^"]+"><code><b>/g)?.length;
    expect(shown).toBe(Object.values(document.paths).flatMap((item) => Object.keys(item)).length);
    expect(new Set(html.match(/ id="[^"]+"/g)).size).toBe(html.match(/ id="[^"]+"/g)?.length);
    expect(html).not.toMatch(/<script|style=|undefined|\[object/);
    const places = Array.from(html.matchAll(/href="#([^"]+)"/g), ([, id]) => id!);
    expect(places.filter((id) => !html.includes(`id="${id}"`))).toEqual([]);
  });

  it('takes nothing of the document for markup', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const html = docsPage({
      info: { title: evil, description: evil },
      tags: [{ name: evil, description: evil }],
      paths: {
        [`/${evil}`]: {
          get: {
            tags: [evil],
            summary: evil,
            description: evil,
            parameters: [{ name: evil, in: evil, description: evil, schema: { type: evil, enum: [evil] } }],
            requestBody: { content: { [evil]: { schema: { properties: { [evil]: { $ref: evil } } } } } },
            responses: { [evil]: { description: evil, content: { [evil]: { schema: { type: evil } } } } },
          },
        },
      },
      components: { schemas: { [evil]: { description: evil, properties: { [evil]: { format: evil } } } } },
    });
    expect(html).not.toMatch(/<img|onerror="/);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;');
  });
});
