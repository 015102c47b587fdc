/** The policy that the requests of a blocked address violate, as refusals and the trail name it. It has no quota. */
export const BLOCKED = 'blocked-address';
