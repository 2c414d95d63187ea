export type ContainView = {
  readonly canContain: boolean;
  readonly canDisable: boolean;
  readonly canRevoke: boolean;
};

export type ContainDecision = { readonly kind: 'contain' | 'disable' | 'revoke' | 'not-offered' };

/** The strongest thing that the vendor offers, as its adapter names it; disabling before revoking: it can be undone. */
export const decideContain = ({ canContain, canDisable, canRevoke }: ContainView): ContainDecision => {
  if (canContain) return { kind: 'contain' };
  if (canDisable) return { kind: 'disable' };
  return { kind: canRevoke ? 'revoke' : 'not-offered' };
};
