import type { Leak } from '../../domain/incident.ts';

type Named = {
  readonly account: string | null | undefined;
  readonly region: string;
  readonly kind: 'user' | 'role';
  readonly name: string | null | undefined;
  readonly accessKeyId: string | null | undefined;
};

/** The principal's ARN (without an IAM path, which no event tells); where no name is told, the access key's id. */
export const principalLeak = ({ account, region, kind, name, accessKeyId }: Named): Leak => {
  if (account && name) {
    return { kind: 'principal', principal: `arn:${partitionOf(region)}:iam::${account}:${kind}/${name}` };
  }
  if (accessKeyId) return { kind: 'principal', principal: accessKeyId };
  return { kind: 'unknown', why: 'The event names neither a principal nor an access key.' };
};

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
};
