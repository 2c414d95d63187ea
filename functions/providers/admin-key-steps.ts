/** What a person does at the vendor when an account's admin key has leaked, in order. The last step is ours to tell. */
const stepsByProvider: Readonly<Record<string, { readonly steps: readonly string[]; readonly source: string }>> = {
  openai: {
    steps: [
      'As an organisation owner open https://platform.openai.com/settings/organization/admin-keys.',
      'Make another admin key.',
      'Delete the leaked one there.',
    ],
    source: 'https://github.com/openai/openai-openapi (f85dbe22): /organization/admin_api_keys, read 2026-11',
  },
  anthropic: {
    steps: [
      'As an organisation admin open the Console: Settings, Admin keys.',
      'Make another admin key; it begins with sk-ant-admin01-.',
      'Disable the leaked one, then delete it.',
    ],
    source: 'https://platform.claude.com/docs/manage-claude/admin-api, read 2026-11',
  },
  pinecone: {
    steps: [
      "As an organisation owner open the organisation's service accounts.",
      'Make another service account with the same roles.',
      'Delete the leaked one: its secret and its tokens are refused within seconds. Keys that it made live on.',
    ],
    source: 'https://docs.pinecone.io/guides/organizations/manage-service-accounts, read 2026-11',
  },
  'azure-openai': {
    steps: [
      'Open the application in Microsoft Entra: App registrations, Certificates & secrets.',
      'Make another client secret.',
      'Delete the leaked one. Tokens that were fetched with it live on for about an hour.',
    ],
    source: 'https://learn.microsoft.com/entra/identity-platform/quickstart-register-app, read 2026-11',
  },
};

/** The vendor's steps, without a number; a provider that is not listed has a general one. */
export const adminKeySteps = (provider: string): readonly string[] =>
  stepsByProvider[provider]?.steps ?? ["Make another admin key in the vendor's console, then delete the leaked one."];
