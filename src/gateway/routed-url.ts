/** A forward-auth request of Envoy, which adds the path of the request to that of the rule. */
const BELOW_RULE = /^(\/gate\/[^/?]+\/)/;

/**
 * Returns the part of a URL by which a request is routed: without what a proxy has added to the path of a rule. No
 * answer depends on that, and the router would refuse some of what an application can understand, such as `/100%`.
 */
export function routedUrl(url: string): string {
  return BELOW_RULE.exec(url)?.[1] ?? url;
}
