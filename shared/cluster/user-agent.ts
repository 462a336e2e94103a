/** What the API server's audit log shows of us: "knitbone/0.1.0 (terminating-reaper)". */
export function userAgent(who: { readonly version: string; readonly client: string }): string {
  const safe = (text: string) => text.replace(/[^\w.+-]/g, "_");
  return `knitbone/${safe(who.version)} (${safe(who.client)})`;
}
