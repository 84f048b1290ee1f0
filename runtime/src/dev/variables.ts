/**
 * Gives Terraform's input variables their values, as `terraform plan` would: `TF_VAR_<name>`, else the variable's default.
 * Anything beyond `${var.name}` belongs to Terraform alone and is named, not guessed.
 */

/** The `variable` block of a synthesized stack. */
export interface TerraformVariables {
  readonly [name: string]: { readonly default?: unknown; readonly type?: string } | undefined;
}

export interface Resolution<T> {
  readonly value: T;
  /** What has no value, each with its place and the fix. */
  readonly unresolved: readonly string[];
}

const EXPRESSION = /\$?\$\{([^}]*)\}/g;
const VARIABLE = /^\s*var\.([\w-]+)\s*$/;

export function resolveVariables<T>(document: T, variables: TerraformVariables, env: NodeJS.ProcessEnv): Resolution<T> {
  const unresolved = new Set<string>();

  const visit = (value: unknown, place: string): unknown => {
    if (typeof value === 'string') return visitText(value, place);
    if (Array.isArray(value)) return value.map((item, index) => visit(item, `${place}[${index}]`));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [visitText(key, place), visit(item, place ? `${place}.${key}` : key)]));
    }
    return value;
  };

  const visitText = (text: string, place: string): unknown => {
    const whole = /^\$\{([^}]*)\}$/.exec(text);
    if (whole) return valueOf(whole[1] ?? '', place);
    return text.replace(EXPRESSION, (found, expression: string) => (found.startsWith('$$') ? found.slice(1) : String(valueOf(expression, place))));
  };

  const valueOf = (expression: string, place: string): unknown => {
    const name = VARIABLE.exec(expression)?.[1];
    if (name === undefined) {
      unresolved.add(`${place} is \${${expression}}, which only Terraform can evaluate; give it a plain value or an input variable`);
      return '';
    }
    const given = env[`TF_VAR_${name}`];
    const variable = variables[name];
    if (given !== undefined) return typed(given, variable?.type);
    if (variable?.default !== undefined && variable.default !== null) return variable.default;
    unresolved.add(`${place} needs the variable "${name}"; set TF_VAR_${name}`);
    return '';
  };

  return { value: visit(document, '') as T, unresolved: [...unresolved] };
}

/** The environment knows texts only; Terraform reads everything but a string as an expression. */
function typed(text: string, type = 'string'): unknown {
  if (type === 'string' || type === 'any') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
