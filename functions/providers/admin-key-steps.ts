/** What a person does at the vendor when an account's admin key must go, in order. The last step is ours to tell. */
const stepsByProvider: Readonly<Record<string, readonly string[]>> = {
  // https://developers.openai.com/api/reference/resources/organization/subresources/admin_api_keys/methods/delete,
  // read 2026-11: the API has the same steps, for a second admin key to take.
  openai: [
    "As an organisation owner open the organisation's settings: Admin keys.",
    'Make another admin key.',
    'Delete the old one there.',
  ],
  // https://platform.claude.com/docs/en/manage-claude/admin-api-keys, read 2026-11
  anthropic: [
    "As an organisation admin open the Console's settings: Admin keys.",
    'Make another admin key; it begins with sk-ant-admin01-.',
    'Disable or delete the old one there.',
  ],
  // https://docs.pinecone.io/guides/organizations/manage-service-accounts and
  // https://docs.pinecone.io/reference/api/2026-04/admin/delete_service_account, read 2026-11
  pinecone: [
    'As an organisation owner open Settings, Access, Service accounts.',
    'Make another service account with the same roles.',
    'Delete the old one: tokens that it has fetched are revoked within a few seconds.',
  ],
  // https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials, read 2026-11
  'azure-openai': [
    'Open the application in Microsoft Entra: App registrations, Certificates & secrets.',
    'Make another client secret.',
    'Delete the old one. Tokens that were fetched with it may live on until they expire.',
  ],
};

/** The vendor's steps, without a number; a provider that is not listed has a general one. */
export const adminKeySteps = (provider: string): readonly string[] =>
  stepsByProvider[provider] ?? ["Make another admin key in the vendor's console, then delete the old one."];
