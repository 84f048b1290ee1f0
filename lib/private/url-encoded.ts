import { Fn, Token } from 'cdktf';
import { unresolved } from './support';

/** A part of a URL. Terraform's own function writes a space as `+`, which is right behind a `?` alone. */
export function urlEncoded(text: string): string {
  return unresolved(text) ? Token.asString(Fn.replace(Fn.urlencode(text), '+', '%20')) : encodeURIComponent(text);
}
