/** Who is told when an instance becomes runnable, and of every alarm (E1). */
export interface WebhookOptions {
  /**
   * URL of the receiver: https, or http on loopback, a private address or a name that no public resolver knows. It stands in
   * the plan: where its path is itself a secret, give a sensitive Terraform variable.
   */
  readonly url: string;
  /**
   * Key of the signatures, at least 8 characters. Give a sensitive Terraform variable rather than plain text.
   * @default - generated at the first deploy and kept; `webhookSecret` of the instance
   */
  readonly secret?: string;
  /**
   * Certificate of the authority that signed the receiver's, or several one after the other: PEM text, not a path. The receiver's
   * certificate must be of one of these then, and those of public authorities are not taken. Only with https.
   * @default - the public certificate authorities
   */
  readonly caCertificate?: string;
}
