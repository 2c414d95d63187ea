/**
 * What may cross a step's boundary. Every step's input and output extends it. A `SecretValue` does not
 * (a class has no index signature), so returning one from a step does not compile: wall 1.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };
