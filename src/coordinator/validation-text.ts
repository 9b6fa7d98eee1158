/** What is wrong with a request, in a sentence that names the field and says what it has to be. Total. */
import type { FastifySchemaValidationError } from 'fastify';

const PLACES: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** For Fastify's schemaErrorFormatter. */
export function validationError(errors: readonly FastifySchemaValidationError[], place: string): Error {
  const [first] = errors;
  return new Error(first ? sentence(first, PLACES[place] ?? place) : `${place} is not as it has to be`);
}

function sentence(
  { keyword, instancePath, params, message }: FastifySchemaValidationError,
  place: string,
): string {
  const field = instancePath.replace(/^\//, '').replaceAll('/', '.').slice(0, 100);
  const subject = field === '' ? place : `${JSON.stringify(field)} in ${place}`;
  const said = (name: string): string => {
    const value = params[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  switch (keyword) {
    case 'required':
      return `${subject} lacks ${JSON.stringify(said('missingProperty'))}`;
    case 'additionalProperties':
      return `${subject} has a field ${JSON.stringify(said('additionalProperty').slice(0, 100))} that is not known here; leave it out`;
    case 'enum':
      return `${subject} has to be one of ${[params['allowedValues']].flat().map(String).join(', ')}`;
    case 'type':
      return `${subject} has to be ${[params['type']]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(' or ')}`;
    case 'minimum':
      return `${subject} has to be at least ${said('limit')}`;
    case 'maximum':
      return `${subject} has to be at most ${said('limit')}`;
    case 'minLength':
      return `${subject} has to have at least ${said('limit')} characters`;
    case 'maxLength':
      return `${subject} has to have at most ${said('limit')} characters`;
    case 'minItems':
      return `${subject} has to have at least ${said('limit')} entries`;
    case 'maxItems':
      return `${subject} has to have at most ${said('limit')} entries`;
    case 'pattern':
      return `${subject} has to look like ${said('pattern')}`;
    default:
      return `${subject} ${message ?? 'is not as it has to be'}`;
  }
}
