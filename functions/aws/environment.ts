import type * as z from 'zod/mini';

/**
 * What a stack gives to its functions.
 *
 * @param environment `process.env`
 * @throws Error that names the variables that are missing
 */
export const readEnvironment = <T>(
  form: z.ZodMiniType<T>,
  environment: Readonly<Record<string, string | undefined>>,
): T => {
  const parsed = form.safeParse(environment);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new Error(`This function lacks environment variables: ${names}. Deploy it again: npx cdk deploy --all`);
};
