/**
 * The Unix second up to which the tokens of a session or key are void, inclusive, because it lost access or some of its tokens
 * were revoked; undefined if none are void. A token states its time in whole seconds, so those of the second of the reduction
 * itself cannot be told apart, and all of them are void.
 */
export type VoidUntil = number | undefined;

/** Returns up to when tokens are void after a reduction; null stands for no reduction. */
export function voidUntilOf(reducedAt: Date | null): VoidUntil {
  return reducedAt === null ? undefined : Math.floor(reducedAt.getTime() / 1000);
}

/** Returns whether a token that was issued at this Unix second is void. */
export function isVoid(issuedAt: number, voidUntil: VoidUntil): boolean {
  return voidUntil !== undefined && issuedAt <= voidUntil;
}

/** Returns the earliest Unix second of which a new token is not void; 0 if none are. */
export function firstValidSecond(voidUntil: VoidUntil): number {
  return voidUntil === undefined ? 0 : voidUntil + 1;
}
